use super::{
    AffineMap,
    convert::convert,
    crop::random_crop,
    erase::random_erase,
    mix::Mix,
    resample::{Instructions, Job, ResampleScratch, resample},
    sample::{sample_affine, sample_flip},
};
use spec::kinds::Augment;

/// Makes what the network sees out of an image: the change drawn for it, and the mean subtracted.
#[derive(Debug, Clone)]
pub struct Augmenter {
    augment: Augment,
    seed: u64,
    size: [usize; 2],
    mean: Vec<f32>,
    instructions: Instructions,
}

/// Memory that an [`Augmenter`] reuses from image to image; one a thread.
#[derive(Debug, Default)]
pub struct Scratch(ResampleScratch);

impl Augmenter {
    /// For images of `height` and `width`; `mean` is a mean image, `[height, width, 3]`, if there is one.
    pub fn new(augment: Augment, seed: u64, height: usize, width: usize, mean: Option<&[f32]>) -> Self {
        let mean = mean.map_or_else(|| vec![0.0; height * width * 3], <[f32]>::to_vec);
        Self { augment, seed, size: [height, width], mean, instructions: Instructions::detect() }
    }

    /// Prepares the image with number `index` for `epoch`: u8 `[height, width, 3]` to f32 of the same shape.
    pub fn apply(&self, image: &[u8], epoch: u32, index: u32, scratch: &mut Scratch, output: &mut [f32]) {
        let (augment, seed, [height, width]) = (&self.augment, self.seed, self.size);
        if augment.is_affine() {
            let parameters = sample_affine(augment, seed, epoch, index, height, width);
            let map = AffineMap::new(&parameters, height, width);
            let job = Job { image, size: self.size, map: &map, mean: &self.mean };
            resample(job, self.instructions, &mut scratch.0, output);
        } else {
            let flip = sample_flip(augment, seed, epoch, index);
            convert(image, width, flip, &self.mean, output);
        }
        if augment.crop_padding > 0 {
            random_crop(output, self.size, augment, seed, epoch, index);
        }
        if augment.cutout > 0 || augment.random_erasing > 0.0 {
            random_erase(output, self.size, augment, seed, epoch, index);
        }
    }

    /// Mixes the images of a prepared batch, f32 `[N, height, width, 3]`, as is drawn for a step of `epoch`; returns
    /// how it did so.
    pub fn mix(&self, batch: &mut [f32], epoch: u32, step: u32) -> Option<Mix> {
        let mix = Mix::sample(&self.augment, self.seed, epoch, step, self.size)?;
        mix.apply(batch, self.size[0] * self.size[1] * 3, self.size[1]);
        Some(mix)
    }
}
