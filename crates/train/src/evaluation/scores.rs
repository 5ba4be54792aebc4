use super::rank::{best_class, classes_before};
use crate::{Batch, Loader, Network, TrainError};
use std::sync::atomic::{AtomicBool, Ordering};
use tch::{Device, Kind, Tensor};

/// What the network says about one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The image's class.
    pub label: usize,
    /// The class with the highest score.
    pub predicted: usize,
    /// Probability of the predicted class.
    pub probability: f64,
    /// How many classes come before the label: 0 if the prediction is right.
    pub classes_before: usize,
    /// Minus the logarithm of the label's probability.
    pub cross_entropy: f64,
}

/// What the network says about a whole dataset, in the dataset's order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// One prediction an image.
    pub predictions: Vec<Prediction>,
}

impl Scores {
    /// Share of the images whose label is among the best k classes.
    pub fn rank(&self, k: usize) -> f64 {
        let hits = self.predictions.iter().filter(|prediction| prediction.classes_before < k).count();
        hits as f64 / self.predictions.len() as f64
    }

    /// Mean cross-entropy.
    pub fn cross_entropy(&self) -> f64 {
        let sum: f64 = self.predictions.iter().map(|prediction| prediction.cross_entropy).sum();
        sum / self.predictions.len() as f64
    }

    fn add(&mut self, log_probabilities: &[f64], label: usize) -> Result<(), TrainError> {
        if log_probabilities.iter().any(|score| score.is_nan()) {
            return Err(TrainError::NoScores { image: self.predictions.len() });
        }
        let predicted = best_class(log_probabilities);
        self.predictions.push(Prediction {
            label,
            predicted,
            probability: log_probabilities[predicted].exp(),
            classes_before: classes_before(log_probabilities, label),
            cross_entropy: -log_probabilities[label],
        });
        Ok(())
    }
}

/// Scores all images of `loader` in inference mode; with `flip`, by the mean of the probabilities of each
/// image and its mirror image. `observe` hears after each batch how many images are done.
///
/// # Errors
/// [`TrainError::Interrupted`] soon after `stop` is set.
pub fn score(
    network: &Network,
    loader: &Loader,
    device: Device,
    flip: bool,
    stop: &AtomicBool,
    mut observe: impl FnMut(usize),
) -> Result<Scores, TrainError> {
    let mut scores = Scores::default();
    for batch in loader.epoch(0, 0) {
        if stop.load(Ordering::Relaxed) {
            return Err(TrainError::Interrupted);
        }
        let Batch { images, labels, .. } = batch?.to_device(device)?;
        let mut rows = log_probabilities(network, &images)?;
        if flip {
            let mirrored = log_probabilities(network, &images.f_flip([3])?)?;
            rows.iter_mut().zip(&mirrored).for_each(|(row, mirrored)| average(row, mirrored));
        }
        for (row, label) in rows.iter().zip(Vec::<i64>::try_from(labels)?) {
            scores.add(row, label as usize)?;
        }
        observe(scores.predictions.len());
    }
    Ok(scores)
}

/// One row an image, one entry a class. In 64 bits, so that different logits stay different.
pub(crate) fn log_probabilities(network: &Network, images: &Tensor) -> Result<Vec<Vec<f64>>, TrainError> {
    let logits = network.forward(images, false)?.f_to_device(Device::Cpu)?;
    let mut rows = Vec::<Vec<f64>>::try_from(logits.f_to_kind(Kind::Double)?)?;
    rows.iter_mut().for_each(|row| log_softmax(row));
    Ok(rows)
}

fn log_softmax(logits: &mut [f64]) {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    logits.iter_mut().for_each(|logit| *logit -= highest + sum.ln());
}

/// Replaces log p by log((p + q) / 2).
fn average(log_p: &mut [f64], log_q: &[f64]) {
    for (log_p, log_q) in log_p.iter_mut().zip(log_q) {
        *log_p = ((log_p.exp() + log_q.exp()) / 2.0).ln();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(rows: &[(&[f64], usize)]) -> Scores {
        let mut scores = Scores::default();
        for (logits, label) in rows {
            let mut row = logits.to_vec();
            log_softmax(&mut row);
            scores.add(&row, *label).unwrap();
        }
        scores
    }

    #[test]
    fn log_softmax_is_right_where_exponentials_overflow() {
        let mut row = [1000.0, 1000.0 + 3f64.ln()];
        log_softmax(&mut row);
        assert!((row[0].exp() - 0.25).abs() < 1e-12 && (row[1].exp() - 0.75).abs() < 1e-12, "{row:?}");
    }

    #[test]
    fn shares_count_every_image_once() {
        let scores = scores(&[
            (&[3.0, 2.0, 1.0], 0),
            (&[3.0, 2.0, 1.0], 1),
            (&[3.0, 2.0, 1.0], 2),
            (&[0.0, 0.0, 0.0], 1),
        ]);
        assert_eq!([scores.rank(1), scores.rank(2), scores.rank(3), scores.rank(5)], [0.25, 0.75, 1.0, 1.0]);
        assert!((scores.predictions[3].cross_entropy - 3f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn averaging_with_itself_changes_nothing() {
        let mut row = [-0.5, -2.0];
        average(&mut row, &[-0.5, -2.0]);
        assert!((row[0] + 0.5).abs() < 1e-12 && (row[1] + 2.0).abs() < 1e-12, "{row:?}");
    }

    #[test]
    fn scores_that_are_not_numbers_are_an_error() {
        assert!(matches!(Scores::default().add(&[f64::NAN, 0.0], 1), Err(TrainError::NoScores { image: 0 })));
    }
}
