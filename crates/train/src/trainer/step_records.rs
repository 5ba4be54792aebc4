use super::step_figures::StepFigures;
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

impl StepRecords {
    /// Room for the steps of an epoch, of which `done` are done.
    pub(super) fn new(
        epoch: u32,
        lr: f64,
        steps: usize,
        done: StepFigures,
        device: Device,
    ) -> Result<Self, TrainError> {
        let zeros = |kind| Tensor::f_zeros([steps as i64], (kind, device));
        let mut records = Self {
            epoch,
            lr,
            losses: zeros(Kind::Float)?,
            cross_entropies: zeros(Kind::Float)?,
            correct: zeros(Kind::Int64)?,
            images: done.images,
        };
        copy_to_start(&mut records.losses, &Tensor::f_from_slice(&done.losses)?)?;
        copy_to_start(&mut records.cross_entropies, &Tensor::f_from_slice(&done.cross_entropies)?)?;
        copy_to_start(&mut records.correct, &Tensor::f_from_slice(&done.correct)?)?;
        Ok(records)
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

    /// How many steps are done.
    pub(super) fn steps(&self) -> usize {
        self.images.len()
    }

    /// How many images they had.
    pub(super) fn images(&self) -> usize {
        self.images.iter().sum()
    }

    /// Waits for the device and reads the steps that are done.
    ///
    /// # Errors
    /// [`TrainError::NotFinite`] that names the first step whose loss is not a finite number.
    pub(super) fn read(&self) -> Result<StepFigures, TrainError> {
        let done = self.steps() as i64;
        let numbers =
            |tensor: &Tensor| Vec::<f64>::try_from(tensor.f_narrow(0, 0, done)?.f_to_kind(Kind::Double)?);
        let figures = StepFigures {
            losses: numbers(&self.losses)?,
            cross_entropies: numbers(&self.cross_entropies)?,
            correct: Vec::try_from(self.correct.f_narrow(0, 0, done)?)?,
            images: self.images.clone(),
        };
        match figures.first_not_finite() {
            None => Ok(figures),
            Some(step) => {
                let steps = self.losses.size1()? as usize;
                Err(TrainError::NotFinite { epoch: self.epoch + 1, step: step + 1, steps, lr: self.lr })
            }
        }
    }
}

fn copy_to_start(tensor: &mut Tensor, values: &Tensor) -> Result<(), TrainError> {
    Ok(tensor.f_narrow(0, 0, values.size1()?)?.f_copy_(values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(loss: f32, correct: i64) -> StepResult {
        let (loss, correct) = (Tensor::from(loss), Tensor::from(correct));
        StepResult { cross_entropy: &loss * 0.5, loss, correct }
    }

    fn records(steps: usize, done: StepFigures) -> StepRecords {
        StepRecords::new(4, 0.5, steps, done, Device::Cpu).unwrap()
    }

    #[test]
    fn steps_can_be_taken_up_where_they_were_left() {
        let mut through = records(3, StepFigures::default());
        let mut until_first = records(3, StepFigures::default());
        through.add(&step(0.1, 2), 3).unwrap();
        until_first.add(&step(0.1, 2), 3).unwrap();
        let mut from_second = records(3, until_first.read().unwrap());
        for records in [&mut through, &mut from_second] {
            records.add(&step(0.7, 1), 2).unwrap();
            assert_eq!((records.steps(), records.images()), (2, 5));
        }
        assert_eq!(through.read().unwrap(), from_second.read().unwrap());
    }

    #[test]
    fn the_first_step_without_a_finite_loss_is_named() {
        let mut records = records(3, StepFigures::default());
        for loss in [1.0, f32::NAN, f32::INFINITY] {
            records.add(&step(loss, 0), 1).unwrap();
        }
        let error = records.read().unwrap_err().to_string();
        assert_eq!(error, "the loss is not finite: epoch 5, step 2 of 3, learning rate 0.5");
    }
}
