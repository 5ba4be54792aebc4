use serde::{Deserialize, Serialize};

/// What each step of an epoch gave so far, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepFigures {
    /// Mean loss of the step's images, penalty included.
    pub losses: Vec<f64>,
    /// The same without the penalty.
    pub cross_entropies: Vec<f64>,
    /// How many of its images were right.
    pub correct: Vec<i64>,
    /// How many images it had.
    pub images: Vec<usize>,
}

/// Means over the images of an epoch so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TrainFigures {
    pub(super) loss: f64,
    pub(super) cross_entropy: f64,
    pub(super) accuracy: f64,
}

impl StepFigures {
    /// The first step, from 0, whose loss is not a finite number.
    pub(super) fn first_not_finite(&self) -> Option<usize> {
        self.losses.iter().position(|loss| !loss.is_finite())
    }

    /// The means, each step weighted by its images.
    pub(super) fn means(&self) -> TrainFigures {
        let images = self.images.iter().sum::<usize>() as f64;
        let mean = |values: &[f64]| {
            let sum: f64 =
                values.iter().zip(&self.images).map(|(value, &images)| value * images as f64).sum();
            sum / images
        };
        let correct: i64 = self.correct.iter().sum();
        TrainFigures {
            loss: mean(&self.losses),
            cross_entropy: mean(&self.cross_entropies),
            accuracy: correct as f64 / images,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_last_batch_counts_less() {
        let figures = StepFigures {
            losses: vec![1.0, 2.0],
            cross_entropies: vec![0.5, 1.0],
            correct: vec![2, 1],
            images: vec![3, 1],
        };
        assert_eq!(figures.means(), TrainFigures { loss: 1.25, cross_entropy: 0.625, accuracy: 0.75 });
    }
}
