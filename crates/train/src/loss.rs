use crate::network::Network;
use crate::{Batch, Optimiser, TrainError};
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

/// One step of gradient descent on a batch that lies on the network's device.
pub fn training_step(
    network: &Network,
    optimiser: &mut Optimiser,
    batch: &Batch,
    lr: f64,
) -> Result<StepResult, TrainError> {
    optimiser.zero_grad()?;
    let logits = network.forward(&batch.images, true)?;
    let cross_entropy = batch_cross_entropy(&logits, batch)?;
    cross_entropy.f_backward()?;
    let cross_entropy = cross_entropy.f_detach()?;
    let loss = cross_entropy.f_add(&optimiser.penalty()?)?;
    let correct = correct(&logits, &batch.labels)?;
    optimiser.step(lr)?;
    Ok(StepResult { loss, cross_entropy, correct })
}

/// The mean cross-entropy of `logits`, f32 `[N, classes]`, against `labels`, i64 `[N]`.
pub fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor, TrainError> {
    const NO_LABEL_IS_IGNORED: i64 = -100;
    Ok(logits.f_cross_entropy_loss(labels, None::<&Tensor>, Reduction::Mean, NO_LABEL_IS_IGNORED, 0.0)?)
}

/// Mixed images count for their own and their partners' labels by their shares.
fn batch_cross_entropy(logits: &Tensor, batch: &Batch) -> Result<Tensor, TrainError> {
    let own = cross_entropy(logits, &batch.labels)?;
    let Some(partners) = &batch.partners else { return Ok(own) };
    let other = cross_entropy(logits, &partners.labels)?;
    Ok(own.f_mul_scalar(partners.share)?.f_add(&other.f_mul_scalar(1.0 - partners.share)?)?)
}

fn correct(logits: &Tensor, labels: &Tensor) -> Result<Tensor, TrainError> {
    Ok(logits.f_detach()?.f_argmax(1, false)?.f_eq_tensor(labels)?.f_sum(Kind::Int64)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Partners;

    #[test]
    fn mixed_images_count_for_both_labels_by_their_shares() {
        let logits = Tensor::from_slice(&[1.0_f32, 2.0, 0.5, 0.0, -1.0, 3.0]).view([2, 3]);
        let labels = Tensor::from_slice(&[0_i64, 2]);
        let partners = Partners { labels: labels.flip([0]), share: 0.75 };
        let batch = Batch { images: Tensor::new(), labels, partners: Some(partners) };
        let loss = batch_cross_entropy(&logits, &batch).unwrap().double_value(&[]);
        let first = (1_f64.exp() + 2_f64.exp() + 0.5_f64.exp()).ln();
        let second = (1.0 + (-1_f64).exp() + 3_f64.exp()).ln();
        let own = (first - 1.0 + second - 3.0) / 2.0;
        let other = (first - 0.5 + second) / 2.0;
        assert!((loss - (0.75 * own + 0.25 * other)).abs() < 1e-6, "{loss}");
    }
}
