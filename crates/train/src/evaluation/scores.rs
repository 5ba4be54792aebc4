use super::rank::{best_class, classes_before};
use crate::{Loader, Network, TrainError};
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

/// A network, and the images to ask it about.
pub struct Asked<'a> {
    /// The network.
    pub network: &'a Network,
    /// The images as this network wants them, not augmented.
    pub loader: &'a Loader,
}

/// Scores all images in inference mode, each by the mean of the probabilities that these networks give to it, and with
/// `flip` to its mirror image too. `observe` hears after each batch how many images are done.
///
/// # Errors
/// [`TrainError::Interrupted`] soon after `stop` is set.
pub fn score(
    asked: &[Asked],
    device: Device,
    flip: bool,
    stop: &AtomicBool,
    mut observe: impl FnMut(usize),
) -> Result<Scores, TrainError> {
    let mut scores = Scores::default();
    let mut epochs: Vec<_> = asked.iter().map(|asked| (asked.network, asked.loader.epoch(0, 0))).collect();
    loop {
        let mut mean = MeanRows::default();
        let mut labels = Vec::new();
        for (network, batches) in &mut epochs {
            if stop.load(Ordering::Relaxed) {
                return Err(TrainError::Interrupted);
            }
            let Some(batch) = batches.next() else { return Ok(scores) };
            let batch = batch?.to_device(device)?;
            mean.add(log_probabilities(network, &batch.images)?);
            if flip {
                mean.add(log_probabilities(network, &batch.images.f_flip([3])?)?);
            }
            labels = Vec::<i64>::try_from(batch.labels)?;
        }
        for (row, label) in mean.rows.iter().zip(labels) {
            scores.add(row, label as usize)?;
        }
        observe(scores.predictions.len());
    }
}

/// Logarithms of probabilities, and the logarithms of their means.
#[derive(Default)]
struct MeanRows {
    rows: Vec<Vec<f64>>,
    of: usize,
}

impl MeanRows {
    fn add(&mut self, others: Vec<Vec<f64>>) {
        let earlier = self.of as f64;
        self.of += 1;
        if self.of == 1 {
            self.rows = others;
            return;
        }
        for (mean, other) in self.rows.iter_mut().flatten().zip(others.into_iter().flatten()) {
            *mean = log_of_mean(*mean, earlier, other);
        }
    }
}

/// The logarithm of `(earlier · e^mean + e^other) / (earlier + 1)`, also where these exponentials are too small for a
/// number.
fn log_of_mean(mean: f64, earlier: f64, other: f64) -> f64 {
    let highest = mean.max(other);
    if highest == f64::NEG_INFINITY {
        return highest;
    }
    let sum = earlier * (mean - highest).exp() + (other - highest).exp();
    highest + (sum / (earlier + 1.0)).ln()
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
    fn probabilities_are_averaged_with_equal_weight() {
        let mut mean = MeanRows::default();
        for probability in [0.2f64, 0.3, 0.7] {
            mean.add(vec![vec![probability.ln(), (1.0 - probability).ln()]]);
        }
        let row: Vec<f64> = mean.rows[0].iter().map(|log| log.exp()).collect();
        assert!((row[0] - 0.4).abs() < 1e-12 && (row[1] - 0.6).abs() < 1e-12, "{row:?}");
    }

    #[test]
    fn the_mean_of_what_is_too_small_for_a_number_stays_in_order() {
        assert!((log_of_mean(-2850.0, 1.0, -2850.0) + 2850.0).abs() < 1e-9);
        assert!((log_of_mean(-1000.0, 1.0, -3000.0) + 1000.0 + 2f64.ln()).abs() < 1e-9);
        assert_eq!(log_of_mean(f64::NEG_INFINITY, 1.0, f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert!(log_of_mean(0.0, 1.0, f64::NAN).is_nan());
    }

    #[test]
    fn scores_that_are_not_numbers_are_an_error() {
        assert!(matches!(Scores::default().add(&[f64::NAN, 0.0], 1), Err(TrainError::NoScores { image: 0 })));
    }
}
