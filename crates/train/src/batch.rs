use crate::{
    TrainError,
    augment::{Augmenter, Scratch},
    image_source::ImageSource,
};
use std::sync::Arc;
use tch::{Device, Kind, Tensor};

/// Images and labels of one training step.
#[derive(Debug)]
pub struct Batch {
    /// f32 [N, 3, height, width] with channels-last strides, the mean subtracted.
    pub images: Tensor,
    /// i64 [N].
    pub labels: Tensor,
}

/// Which samples belong to the batches of one epoch.
pub struct EpochSamples {
    /// The epoch's number.
    pub epoch: u32,
    /// All samples in order.
    pub order: Vec<u32>,
    /// Samples a batch.
    pub batch_size: usize,
}

impl EpochSamples {
    /// The samples of the batch with number `step`.
    pub fn batch(&self, step: usize) -> &[u32] {
        let start = step * self.batch_size;
        &self.order[start..(start + self.batch_size).min(self.order.len())]
    }
}

/// Makes the batches of one epoch, in any order and from any thread.
pub struct BatchMaker {
    pub(super) source: Arc<dyn ImageSource>,
    pub(super) augmenter: Arc<Augmenter>,
    pub(super) samples: EpochSamples,
    /// The device that the batch will be copied to.
    pub(super) device: Device,
}

impl BatchMaker {
    /// The batch with number `step`.
    pub fn make(&self, step: usize) -> Result<Batch, TrainError> {
        let samples = self.samples.batch(step);
        let (height, width) = (self.source.height(), self.source.width());
        let mut images = self.host_tensor(&[samples.len() as i64, height as i64, width as i64, 3])?;
        let mut scratch = Scratch::default();
        let prepared = samples.iter().zip(values_mut(&mut images).chunks_exact_mut(height * width * 3));
        for (&sample, output) in prepared {
            let image = self.source.image(sample);
            self.augmenter.apply(image, self.samples.epoch, sample, &mut scratch, output);
        }
        let labels = self.source.labels();
        let labels: Vec<i64> = samples.iter().map(|&sample| labels[sample as usize]).collect();
        Ok(Batch { images: images.f_permute([0, 3, 1, 2])?, labels: Tensor::f_from_slice(&labels)? })
    }

    /// A tensor to fill; on its way to a GPU in pinned memory, from which copies need not be waited for.
    fn host_tensor(&self, shape: &[i64]) -> Result<Tensor, TrainError> {
        let tensor = Tensor::f_empty(shape, (Kind::Float, Device::Cpu))?;
        if self.device.is_cuda() { Ok(tensor.f_pin_memory(self.device)?) } else { Ok(tensor) }
    }
}

/// The values of a contiguous f32 tensor on the CPU that nothing else refers to.
fn values_mut(tensor: &mut Tensor) -> &mut [f32] {
    // SAFETY: the memory holds that many f32 and belongs to the tensor, which is borrowed for as long.
    unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast::<f32>(), tensor.numel()) }
}
