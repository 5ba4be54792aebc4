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
    /// i64 `[N]`.
    pub labels: Tensor,
    /// What the images were mixed with, if they were.
    pub partners: Option<Partners>,
}

impl Batch {
    /// The batch on a device; copies from pinned memory are not waited for.
    pub fn to_device(&self, device: Device) -> Result<Self, TrainError> {
        let copy = |tensor: &Tensor| tensor.f_to_device_(device, tensor.kind(), true, false);
        let partners = match &self.partners {
            Some(Partners { labels, share }) => Some(Partners { labels: copy(labels)?, share: *share }),
            None => None,
        };
        Ok(Self { images: copy(&self.images)?, labels: copy(&self.labels)?, partners })
    }
}

/// The other halves of a batch of mixed images: the loss is share·loss(labels) + (1 − share)·loss(partners' labels).
#[derive(Debug)]
pub struct Partners {
    /// The partners' labels, i64 `[N]`.
    pub labels: Tensor,
    /// The share of the batch's own labels, 0 to 1.
    pub share: f64,
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
        let mix = self.augmenter.mix(values_mut(&mut images), self.samples.epoch, step as u32);
        let labels = self.source.labels();
        let labels: Vec<i64> = samples.iter().map(|&sample| labels[sample as usize]).collect();
        let labels = Tensor::f_from_slice(&labels)?;
        let partners = match mix {
            Some(mix) => Some(Partners { labels: labels.f_flip([0])?, share: f64::from(mix.share()) }),
            None => None,
        };
        Ok(Batch { images: images.f_permute([0, 3, 1, 2])?, labels, partners })
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
