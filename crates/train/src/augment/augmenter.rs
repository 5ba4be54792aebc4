use super::{
    AffineMap,
    convert::convert,
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
        let [height, width] = self.size;
        if self.augment.is_affine() {
            let parameters = sample_affine(&self.augment, self.seed, epoch, index, height, width);
            let map = AffineMap::new(&parameters, height, width);
            let job = Job { image, size: self.size, map: &map, mean: &self.mean };
            resample(job, self.instructions, &mut scratch.0, output);
        } else {
            let flip = sample_flip(&self.augment, self.seed, epoch, index);
            convert(image, width, flip, &self.mean, output);
        }
    }
}
