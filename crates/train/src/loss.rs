use crate::network::Network;
use crate::{Batch, Optimiser, Part, TrainError};
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

/// How one batch is trained.
#[derive(Debug, Clone, Copy)]
pub struct StepRule {
    /// The learning rate.
    pub lr: f64,
    /// Share of each label that is spread evenly over all classes.
    pub label_smoothing: f64,
    /// The batch's part in an update of the weights.
    pub part: Part,
}

impl StepRule {
    /// An update of its own by the plain cross-entropy.
    pub fn plain(lr: f64) -> Self {
        Self { lr, label_smoothing: 0.0, part: Part::WHOLE }
    }
}

/// One step of gradient descent, or one part of it, on a batch that lies on the network's device.
pub fn training_step(
    network: &Network,
    optimiser: &mut Optimiser,
    batch: &Batch,
    rule: &StepRule,
) -> Result<StepResult, TrainError> {
    if rule.part.begins {
        optimiser.zero_grad()?;
    }
    let logits = network.forward(&batch.images, true)?;
    let cross_entropy = batch_cross_entropy(&logits, batch, rule.label_smoothing)?;
    match rule.part.share {
        1.0 => cross_entropy.f_backward()?,
        share => cross_entropy.f_mul_scalar(share)?.f_backward()?,
    }
    optimiser.gather()?;
    let cross_entropy = cross_entropy.f_detach()?;
    let loss = cross_entropy.f_add(&optimiser.penalty()?)?;
    let correct = correct(&logits, &batch.labels)?;
    if rule.part.ends {
        optimiser.step(rule.lr)?;
    }
    Ok(StepResult { loss, cross_entropy, correct })
}

/// The mean cross-entropy of `logits`, f32 `[N, classes]`, against `labels`, i64 `[N]`.
pub fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor, TrainError> {
    smoothed_cross_entropy(logits, labels, 0.0)
}

/// The same against labels of which a share is spread evenly over all classes: (1 − share)·own + share·mean over the
/// classes (Szegedy et al., arXiv:1512.00567, section 7).
fn smoothed_cross_entropy(logits: &Tensor, labels: &Tensor, share: f64) -> Result<Tensor, TrainError> {
    const NO_LABEL_IS_IGNORED: i64 = -100;
    Ok(logits.f_cross_entropy_loss(labels, None::<&Tensor>, Reduction::Mean, NO_LABEL_IS_IGNORED, share)?)
}

/// Mixed images count for their own and their partners' labels by their shares.
fn batch_cross_entropy(logits: &Tensor, batch: &Batch, smoothing: f64) -> Result<Tensor, TrainError> {
    let own = smoothed_cross_entropy(logits, &batch.labels, smoothing)?;
    let Some(partners) = &batch.partners else { return Ok(own) };
    let other = smoothed_cross_entropy(logits, &partners.labels, smoothing)?;
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
        let loss = batch_cross_entropy(&logits, &batch, 0.0).unwrap().double_value(&[]);
        let first = (1_f64.exp() + 2_f64.exp() + 0.5_f64.exp()).ln();
        let second = (1.0 + (-1_f64).exp() + 3_f64.exp()).ln();
        let own = (first - 1.0 + second - 3.0) / 2.0;
        let other = (first - 0.5 + second) / 2.0;
        assert!((loss - (0.75 * own + 0.25 * other)).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn smoothed_labels_count_a_share_for_every_class() {
        let logits = Tensor::from_slice(&[1.0_f32, 2.0, 0.5]).view([1, 3]);
        let labels = Tensor::from_slice(&[1_i64]);
        let batch = Batch { images: Tensor::new(), labels, partners: None };
        let loss = batch_cross_entropy(&logits, &batch, 0.3).unwrap().double_value(&[]);
        let log_sum = (1_f64.exp() + 2_f64.exp() + 0.5_f64.exp()).ln();
        let losses = [log_sum - 1.0, log_sum - 2.0, log_sum - 0.5];
        let expected = 0.7 * losses[1] + 0.3 * losses.iter().sum::<f64>() / 3.0;
        assert!((loss - expected).abs() < 1e-6, "{loss}, wanted {expected}");
    }
}
