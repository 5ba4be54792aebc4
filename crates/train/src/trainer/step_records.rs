use crate::{StepResult, TrainError};
use tch::{Device, Kind, Tensor};

/// Losses and hits of the steps of one epoch, kept on the device: the loop never waits for it, and whoever
/// wants to know reads them all at once.
pub(super) struct StepRecords {
    epoch: u32,
    lr: f64,
    losses: Tensor,
    cross_entropies: Tensor,
    correct: Tensor,
    images: Vec<usize>,
}

/// Means over the images of an epoch so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TrainFigures {
    pub(super) loss: f64,
    pub(super) cross_entropy: f64,
    pub(super) accuracy: f64,
}

impl StepRecords {
    pub(super) fn new(epoch: u32, lr: f64, steps: usize, device: Device) -> Result<Self, TrainError> {
        let zeros = |kind| Tensor::f_zeros([steps as i64], (kind, device));
        Ok(Self {
            epoch,
            lr,
            losses: zeros(Kind::Float)?,
            cross_entropies: zeros(Kind::Float)?,
            correct: zeros(Kind::Int64)?,
            images: Vec::with_capacity(steps),
        })
    }

    /// Takes up the next step, of so many images.
    pub(super) fn add(&mut self, step: &StepResult, images: usize) -> Result<(), TrainError> {
        let index = self.images.len() as i64;
        self.losses.f_get(index)?.f_copy_(&step.loss)?;
        self.cross_entropies.f_get(index)?.f_copy_(&step.cross_entropy)?;
        self.correct.f_get(index)?.f_copy_(&step.correct)?;
        self.images.push(images);
        Ok(())
    }

    /// How many steps are recorded.
    pub(super) fn steps(&self) -> usize {
        self.images.len()
    }

    /// How many images they had.
    pub(super) fn images(&self) -> usize {
        self.images.iter().sum()
    }

    /// Waits for the device and takes the means, each step weighted by its images.
    ///
    /// # Errors
    /// [`TrainError::NotFinite`] that names the first step whose loss is not a finite number.
    pub(super) fn read(&self) -> Result<TrainFigures, TrainError> {
        let losses = Vec::<f64>::try_from(&self.losses.f_to_kind(Kind::Double)?)?;
        let cross_entropies = Vec::<f64>::try_from(&self.cross_entropies.f_to_kind(Kind::Double)?)?;
        let correct: i64 = Vec::<i64>::try_from(&self.correct)?.iter().sum();
        if let Some(step) = losses.iter().position(|loss| !loss.is_finite()) {
            return Err(TrainError::NotFinite {
                epoch: self.epoch + 1,
                step: step + 1,
                steps: losses.len(),
                lr: self.lr,
            });
        }
        let images = self.images() as f64;
        let mean = |values: &[f64]| {
            let sum: f64 =
                values.iter().zip(&self.images).map(|(value, &images)| value * images as f64).sum();
            sum / images
        };
        Ok(TrainFigures {
            loss: mean(&losses),
            cross_entropy: mean(&cross_entropies),
            accuracy: correct as f64 / images,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(loss: f32, correct: i64) -> StepResult {
        let (loss, correct) = (Tensor::from(loss), Tensor::from(correct));
        StepResult { cross_entropy: &loss * 0.5, loss, correct }
    }

    #[test]
    fn a_smaller_last_batch_counts_less() {
        let mut records = StepRecords::new(0, 0.1, 2, Device::Cpu).unwrap();
        records.add(&step(1.0, 2), 3).unwrap();
        records.add(&step(2.0, 1), 1).unwrap();
        assert_eq!((records.steps(), records.images()), (2, 4));
        assert_eq!(
            records.read().unwrap(),
            TrainFigures { loss: 1.25, cross_entropy: 0.625, accuracy: 0.75 }
        );
    }

    #[test]
    fn the_first_step_without_a_finite_loss_is_named() {
        let mut records = StepRecords::new(4, 0.5, 3, Device::Cpu).unwrap();
        for loss in [1.0, f32::NAN, f32::INFINITY] {
            records.add(&step(loss, 0), 1).unwrap();
        }
        let error = records.read().unwrap_err().to_string();
        assert_eq!(error, "the loss is not finite: epoch 5, step 2 of 3, learning rate 0.5");
    }
}
