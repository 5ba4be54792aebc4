use crate::network::Network;
use crate::{Optimiser, TrainError};
use tch::{Kind, Reduction, Tensor};

/// What a training step reports, on the network's device: reading a value waits for the device.
pub struct StepResult {
    /// Mean cross-entropy of the batch plus the penalty, before the update; f32 without dimensions.
    pub loss: Tensor,
    /// Mean cross-entropy of the batch; f32 without dimensions.
    pub cross_entropy: Tensor,
    /// How many samples were classified right before the update; i64 without dimensions.
    pub correct: Tensor,
}

/// One step of gradient descent on a batch: `images` as [`Network::forward`] takes them, `labels` i64 `[N]`.
pub fn training_step(
    network: &Network,
    optimiser: &mut Optimiser,
    images: &Tensor,
    labels: &Tensor,
    lr: f64,
) -> Result<StepResult, TrainError> {
    optimiser.zero_grad()?;
    let logits = network.forward(images, true)?;
    let cross_entropy = cross_entropy(&logits, labels)?;
    cross_entropy.f_backward()?;
    let cross_entropy = cross_entropy.f_detach()?;
    let loss = cross_entropy.f_add(&optimiser.penalty()?)?;
    let correct = correct(&logits, labels)?;
    optimiser.step(lr)?;
    Ok(StepResult { loss, cross_entropy, correct })
}

/// The mean cross-entropy of `logits`, f32 `[N, classes]`, against `labels`, i64 `[N]`.
pub fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor, TrainError> {
    const NO_LABEL_IS_IGNORED: i64 = -100;
    Ok(logits.f_cross_entropy_loss(labels, None::<&Tensor>, Reduction::Mean, NO_LABEL_IS_IGNORED, 0.0)?)
}

fn correct(logits: &Tensor, labels: &Tensor) -> Result<Tensor, TrainError> {
    Ok(logits.f_detach()?.f_argmax(1, false)?.f_eq_tensor(labels)?.f_sum(Kind::Int64)?)
}
