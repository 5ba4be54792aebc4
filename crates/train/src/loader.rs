use crate::{
    TrainError,
    augment::{Augmenter, DeviceImages},
    batch::{Batch, BatchMaker, EpochSamples},
    image_source::ImageSource,
    order::epoch_order,
    prefetch::Prefetch,
};
use spec::kinds::Augment;
use std::{ops::Range, sync::Arc};
use tch::Device;

/// How a [`Loader`] forms batches.
#[derive(Debug, Clone)]
pub struct LoaderOptions {
    /// Images a batch.
    pub batch_size: usize,
    /// Whether each epoch has an order of its own.
    pub shuffle: bool,
    /// Whether a last batch that is not full is left out.
    pub drop_last: bool,
    /// Seed of order and augmentation.
    pub seed: u64,
    /// Threads that prepare batches ahead of the training step; with none, each batch is prepared when it is
    /// asked for. On the CPU none is best: the step's own threads want every core, and preparing takes a
    /// thousandth of the step. No number of threads changes the batches.
    pub threads: usize,
    /// The device that the batches will be copied to. A dataset that fits on a GPU is copied there as bytes and
    /// prepared there; the batches of a larger one are put into pinned memory.
    pub device: Device,
}

impl LoaderOptions {
    /// In order and complete, as evaluation wants it.
    pub fn evaluation(batch_size: usize, device: Device) -> Self {
        let threads = usize::from(device.is_cuda());
        Self { batch_size, shuffle: false, drop_last: false, seed: 0, threads, device }
    }
}

/// Goes through a dataset epoch by epoch in batches that are ready for the network.
///
/// An epoch's batches depend on the seed and the epoch alone, so that a training resumed at any epoch or step sees
/// the same ones.
pub struct Loader {
    images: Images,
    count: usize,
    options: LoaderOptions,
}

/// Where the images are, and where they are prepared.
enum Images {
    OnHost { source: Arc<dyn ImageSource>, augmenter: Arc<Augmenter> },
    OnDevice(DeviceImages),
}

/// The largest dataset that is kept on a GPU, in bytes; the network needs memory too.
const LARGEST_ON_DEVICE: usize = 4 << 30;

impl Loader {
    /// Checks that everything fits together.
    ///
    /// `mean` is a mean image, `[height, width, 3]`; without it nothing is subtracted.
    ///
    /// # Errors
    ///
    /// A batch size of zero, more than 2³² images, a mean image of another size, fewer images than labels.
    pub fn new(
        source: Arc<dyn ImageSource>,
        mean: Option<&[f32]>,
        augment: Augment,
        options: LoaderOptions,
    ) -> Result<Self, TrainError> {
        check(&*source, mean, &options)?;
        let count = source.len();
        let images = place(source, mean, augment, &options);
        Ok(Self { images, count, options })
    }

    /// How many images an epoch goes through.
    pub fn images(&self) -> usize {
        let left_out = if self.options.drop_last { self.count % self.options.batch_size } else { 0 };
        self.count - left_out
    }

    /// How many batches an epoch has.
    pub fn steps(&self) -> usize {
        self.images().div_ceil(self.options.batch_size)
    }

    /// The batches of an epoch from step `first` on, both counted from 0.
    pub fn epoch(&self, epoch: u32, first: usize) -> Batches {
        let LoaderOptions { batch_size, shuffle, seed, threads, device, .. } = self.options;
        let order = epoch_order(seed, epoch, self.count as u32, shuffle);
        let samples = EpochSamples { epoch, order, batch_size };
        let steps = first..self.steps();
        let (source, augmenter) = match &self.images {
            Images::OnHost { source, augmenter } => (Arc::clone(source), Arc::clone(augmenter)),
            Images::OnDevice(images) => {
                return Batches(Preparation::OnDevice { images: images.shallow_clone(), samples, steps });
            }
        };
        let maker = BatchMaker { source, augmenter, samples, device };
        Batches(match threads {
            0 => Preparation::WhenAsked { maker, steps },
            _ => {
                let make = move |step| maker.make(step);
                Preparation::Ahead(Prefetch::new(threads, steps.start, steps.end, make))
            }
        })
    }
}

/// Decides where the images live: on the GPU that is trained on, if they fit there, else where they are.
fn place(
    source: Arc<dyn ImageSource>,
    mean: Option<&[f32]>,
    augment: Augment,
    options: &LoaderOptions,
) -> Images {
    if options.device.is_cuda()
        && DeviceImages::can_do(&augment)
        && source.images().len() <= LARGEST_ON_DEVICE
        && let Ok(images) = DeviceImages::new(&*source, mean, augment.clone(), options.seed, options.device)
    {
        return Images::OnDevice(images);
    }
    let augmenter = Augmenter::new(augment, options.seed, source.height(), source.width(), mean);
    Images::OnHost { source, augmenter: Arc::new(augmenter) }
}

fn check(source: &dyn ImageSource, mean: Option<&[f32]>, options: &LoaderOptions) -> Result<(), TrainError> {
    if options.batch_size == 0 {
        let reason = "is 0, but a step needs at least one image".to_owned();
        return Err(TrainError::Parameter { name: "batch_size", reason });
    }
    let image = source.height() * source.width() * 3;
    let mismatch = |what, left, right| Err(TrainError::Mismatch { what, left, right });
    if source.images().len() != source.len() * image || u32::try_from(source.len()).is_err() {
        let left = format!("the dataset has {} labels", source.len());
        return mismatch("images", left, format!("{} bytes of images", source.images().len()));
    }
    match mean {
        Some(mean) if mean.len() != image => {
            let right = format!("the dataset's images have {image}");
            mismatch("means", format!("the mean image has {} values", mean.len()), right)
        }
        _ => Ok(()),
    }
}

/// The batches of one epoch in order. Dropping it early ends the threads that prepare them.
pub struct Batches(Preparation);

enum Preparation {
    WhenAsked { maker: BatchMaker, steps: Range<usize> },
    Ahead(Prefetch<Result<Batch, TrainError>>),
    OnDevice { images: DeviceImages, samples: EpochSamples, steps: Range<usize> },
}

impl Iterator for Batches {
    type Item = Result<Batch, TrainError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Preparation::WhenAsked { maker, steps } => steps.next().map(|step| maker.make(step)),
            Preparation::Ahead(prefetch) => prefetch.next(),
            Preparation::OnDevice { images, samples, steps } => {
                steps.next().map(|step| images.batch(samples.batch(step), samples.epoch))
            }
        }
    }
}
