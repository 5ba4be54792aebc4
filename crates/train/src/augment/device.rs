//! The same changes on a GPU, on images that stay there as bytes. Tested on the CPU; not yet run on a GPU.

use super::{
    AffineMap,
    sample::{sample_affine, sample_flip},
};
use crate::{Batch, ImageSource, TrainError};
use spec::kinds::Augment;
use tch::{Device, Kind, Tensor};

/// `grid_sampler_2d`'s numbers for bilinear interpolation and for clamped edges.
const BILINEAR: i64 = 0;
const BORDER: i64 = 1;

/// A dataset on a device, from which batches are made there.
#[derive(Debug)]
pub struct DeviceImages {
    /// u8 [N, height, width, 3].
    images: Tensor,
    /// i64 `[N]`.
    labels: Tensor,
    /// f32 [1, 3, height, width].
    mean: Tensor,
    augment: Augment,
    seed: u64,
}

impl DeviceImages {
    /// Whether all of these changes can be made on a device: resampling and mirroring can.
    pub fn can_do(augment: &Augment) -> bool {
        let Augment { crop_padding, cutout, random_erasing, mixup, cutmix, .. } = *augment;
        crop_padding == 0 && cutout == 0 && random_erasing == 0.0 && mixup == 0.0 && cutmix == 0.0
    }

    /// Copies a dataset to a device; `mean` is a mean image, `[height, width, 3]`, if there is one.
    ///
    /// # Errors
    ///
    /// The device has no room for it.
    pub fn new(
        source: &dyn ImageSource,
        mean: Option<&[f32]>,
        augment: Augment,
        seed: u64,
        device: Device,
    ) -> Result<Self, TrainError> {
        let (height, width) = (source.height() as i64, source.width() as i64);
        let shape = [source.len() as i64, height, width, 3];
        let images = Tensor::f_from_data_size(source.images(), &shape, Kind::Uint8)?;
        let mean = match mean {
            Some(mean) => Tensor::f_from_slice(mean)?.f_view([1, height, width, 3])?,
            None => Tensor::f_zeros([1, height, width, 3], (Kind::Float, Device::Cpu))?,
        };
        Ok(Self {
            images: images.f_to_device(device)?,
            labels: Tensor::f_from_slice(source.labels())?.f_to_device(device)?,
            mean: mean.f_permute([0, 3, 1, 2])?.f_to_device(device)?,
            augment,
            seed,
        })
    }

    /// The same images once more, not copied.
    pub fn shallow_clone(&self) -> Self {
        Self {
            images: self.images.shallow_clone(),
            labels: self.labels.shallow_clone(),
            mean: self.mean.shallow_clone(),
            augment: self.augment.clone(),
            seed: self.seed,
        }
    }

    /// The batch of these samples, changed as is drawn for them in `epoch`.
    pub fn batch(&self, samples: &[u32], epoch: u32) -> Result<Batch, TrainError> {
        let samples_i64: Vec<i64> = samples.iter().map(|&sample| i64::from(sample)).collect();
        let index = self.on_device(&Tensor::f_from_slice(&samples_i64)?)?;
        let images =
            self.images.f_index_select(0, &index)?.f_permute([0, 3, 1, 2])?.f_to_kind(Kind::Float)?;
        let images = if self.augment.is_affine() {
            self.resample(&images, samples, epoch)?
        } else if self.augment.horizontal_flip {
            self.flip(&images, samples, epoch)?
        } else {
            images
        };
        let images = images.f_sub(&self.mean)?;
        let channels_last = images.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?;
        let labels = self.labels.f_index_select(0, &index)?;
        Ok(Batch { images: channels_last, labels, partners: None })
    }

    fn resample(&self, images: &Tensor, samples: &[u32], epoch: u32) -> Result<Tensor, TrainError> {
        let (_, _, height, width) = images.size4()?;
        let (height, width) = (height as usize, width as usize);
        let maps: Vec<f32> = samples
            .iter()
            .flat_map(|&sample| {
                let parameters = sample_affine(&self.augment, self.seed, epoch, sample, height, width);
                normalised(&AffineMap::new(&parameters, height, width))
            })
            .collect();
        let maps = self.on_device(&Tensor::f_from_slice(&maps)?.f_view([-1, 2, 3])?)?;
        resample_on_device(images, &maps)
    }

    fn flip(&self, images: &Tensor, samples: &[u32], epoch: u32) -> Result<Tensor, TrainError> {
        let flips: Vec<bool> =
            samples.iter().map(|&sample| sample_flip(&self.augment, self.seed, epoch, sample)).collect();
        let flips = self.on_device(&Tensor::f_from_slice(&flips)?.f_view([-1, 1, 1, 1])?)?;
        Ok(images.f_flip([3])?.f_where_self(&flips, images)?)
    }

    fn on_device(&self, tensor: &Tensor) -> Result<Tensor, TrainError> {
        Ok(tensor.f_to_device(self.images.device())?)
    }
}

/// Resamples `images`, f32 [N, 3, height, width], along `maps`, f32 [N, 2, 3] as [`normalised`] gives them.
fn resample_on_device(images: &Tensor, maps: &Tensor) -> Result<Tensor, TrainError> {
    let grid = Tensor::f_affine_grid_generator(maps, images.size(), true)?;
    Ok(images.f_grid_sampler_2d(&grid, BILINEAR, BORDER, true)?)
}

/// The map as `affine_grid_generator` with `align_corners` wants it: rows of a 2×3 matrix, on coordinates that go
/// from −1 at the first pixel's centre to 1 at the last one's.
fn normalised(map: &AffineMap) -> [f32; 6] {
    // An axis of one pixel has no extent; all of its coordinates are clamped to that pixel.
    let half = map.centre.map(|centre| if centre > 0.0 { centre } else { 1.0 });
    let mirrored = if map.flip { -1.0 } else { 1.0 };
    let row = |axis: usize| {
        let [x, y] = map.linear[axis];
        let offset = map.offset[axis] - map.centre[axis];
        [mirrored * x * half[0] / half[axis], y * half[1] / half[axis], offset / half[axis]]
    };
    let ([a, b, c], [d, e, f]) = (row(0), row(1));
    [a, b, c, d, e, f].map(|value| value as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::{
        Augmenter, Scratch,
        tests::{Golden, SIDE, largest_difference},
    };

    fn values(images: &Tensor) -> Vec<f32> {
        Vec::try_from(images.permute([0, 2, 3, 1]).contiguous().view(-1)).unwrap()
    }

    #[test]
    fn resampling_on_tensors_agrees_with_keras() {
        let golden = Golden::read();
        let side = SIDE as i64;
        let image = Tensor::from_slice(&golden.image).view([1, side, side, 3]).permute([0, 3, 1, 2]);
        for (number, (parameters, expected)) in golden.parameters.iter().zip(&golden.augmented).enumerate() {
            let map = normalised(&AffineMap::new(parameters, SIDE, SIDE));
            let map = Tensor::from_slice(&map).view([1, 2, 3]);
            let output = resample_on_device(&image.to_kind(Kind::Float), &map).unwrap();
            let difference = largest_difference(&values(&output), expected);
            assert!(difference < 0.01, "set {number}, {parameters:?}: off by {difference}");
        }
    }

    struct Images(Vec<u8>, Vec<i64>);

    impl ImageSource for Images {
        fn images(&self) -> &[u8] {
            &self.0
        }
        fn labels(&self) -> &[i64] {
            &self.1
        }
        fn height(&self) -> usize {
            6
        }
        fn width(&self) -> usize {
            5
        }
    }

    #[test]
    fn batches_are_those_of_the_other_way() {
        const IMAGE: usize = 6 * 5 * 3;
        let images = Images((0..9 * IMAGE).map(|byte| (byte * 7 % 251) as u8).collect(), (10..19).collect());
        let mean: Vec<f32> = (0..IMAGE).map(|value| value as f32 / 2.0).collect();
        let affine = Augment {
            rotation: 18.0,
            zoom: 0.15,
            shift: 0.2,
            shear: 5.0,
            horizontal_flip: true,
            ..Augment::default()
        };
        let flip = Augment { horizontal_flip: true, ..Augment::default() };
        let samples = [7, 2, 0, 8, 4, 3, 1];
        for augment in [affine, flip, Augment::default()] {
            let augmenter = Augmenter::new(augment.clone(), 42, 6, 5, Some(&mean));
            let mut expected = vec![0.0; samples.len() * IMAGE];
            for (&sample, output) in samples.iter().zip(expected.chunks_exact_mut(IMAGE)) {
                let image = &images.0[sample as usize * IMAGE..][..IMAGE];
                augmenter.apply(image, 3, sample, &mut Scratch::default(), output);
            }
            let on_device = DeviceImages::new(&images, Some(&mean), augment, 42, Device::Cpu).unwrap();
            let batch = on_device.batch(&samples, 3).unwrap();
            assert!(largest_difference(&values(&batch.images), &expected) < 0.01);
            assert_eq!(batch.images.stride(), [IMAGE as i64, 1, 15, 3]);
            assert_eq!(Vec::<i64>::try_from(batch.labels).unwrap(), [17, 12, 10, 18, 14, 13, 11]);
        }
    }
}
