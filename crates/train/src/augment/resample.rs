//! Bilinear resampling along an affine map, edges clamped, the mean subtracted in the same pass.
//!
//! Coordinates are computed in f64 per row and per column and added in f32: an error below 10⁻⁵ pixels for images
//! up to 128 pixels wide. All paths do the same operations in the same order, without fused multiply-add, so that
//! results do not depend on the processor.

use super::{AffineMap, MeanImage};

/// The instructions a resampling uses. The result is the same, bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// What every processor has.
    Portable,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Instructions {
    /// The fastest this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Portable
    }
}

/// Memory that resampling reuses from image to image.
#[derive(Debug, Default)]
pub struct ResampleScratch {
    source: PaddedImage,
    columns: [Vec<f32>; 2],
    taps: Taps,
}

/// A copy of the source in which every pixel has a right and a lower neighbour, and eight bytes can be read at
/// every pixel.
#[derive(Debug, Default)]
pub(super) struct PaddedImage {
    pub(super) bytes: Vec<u8>,
    /// Bytes from one row to the next.
    pub(super) stride: usize,
}

impl PaddedImage {
    fn fill(&mut self, image: &[u8], height: usize, width: usize) {
        self.stride = (width + 1) * 3;
        self.bytes.clear();
        for row in 0..=height {
            let start = row.min(height - 1) * width * 3;
            self.bytes.extend_from_slice(&image[start..start + width * 3]);
            self.bytes.extend_from_slice(&image[start + width * 3 - 3..start + width * 3]);
        }
        self.bytes.extend_from_slice(&[0; 8]);
    }
}

/// What each pixel of one output row is interpolated from.
#[derive(Debug, Default)]
pub(super) struct Taps {
    /// Where in the padded source the upper left of the four pixels begins.
    pub(super) offsets: Vec<i32>,
    /// The share of the right pixels, 0 to 1.
    pub(super) right: Vec<f32>,
    /// The share of the lower pixels, 0 to 1.
    pub(super) lower: Vec<f32>,
}

/// One resampling, ready to go row by row.
pub(super) struct Job<'a> {
    pub(super) source: &'a PaddedImage,
    pub(super) taps: &'a mut Taps,
    /// What a column adds to the source's x and y.
    columns: [&'a [f32]; 2],
    map: &'a AffineMap,
    pub(super) mean: &'a MeanImage,
    height: usize,
    pub(super) width: usize,
}

impl Job<'_> {
    /// Finds the taps of an output row. Inlined, so that it is compiled for the instructions of each path.
    #[inline(always)]
    pub(super) fn locate(&mut self, row: usize) {
        let from_centre = row as f64 - self.map.centre[1];
        let row_x = (self.map.linear[0][1] * from_centre + self.map.offset[0]) as f32;
        let row_y = (self.map.linear[1][1] * from_centre + self.map.offset[1]) as f32;
        let (last_x, last_y) = ((self.width - 1) as f32, (self.height - 1) as f32);
        let stride = self.source.stride as i32;
        let width = self.width;
        let (columns_x, columns_y) = (&self.columns[0][..width], &self.columns[1][..width]);
        let offsets = &mut self.taps.offsets[..width];
        let (right, lower) = (&mut self.taps.right[..width], &mut self.taps.lower[..width]);
        for column in 0..width {
            let x = clamp(columns_x[column] + row_x, last_x);
            let y = clamp(columns_y[column] + row_y, last_y);
            // Neither is negative nor above the image's size, so that truncation rounds down.
            let (left, upper) = (x as i32, y as i32);
            offsets[column] = upper * stride + left * 3;
            right[column] = x - left as f32;
            lower[column] = y - upper as f32;
        }
    }
}

#[inline(always)]
fn clamp(value: f32, last: f32) -> f32 {
    let value = if value > 0.0 { value } else { 0.0 };
    if value < last { value } else { last }
}

/// Resamples an image, u8 `[height, width, 3]`, along `map` into f32 less the mean, of the same shape.
pub fn resample(
    image: &[u8],
    [height, width]: [usize; 2],
    map: &AffineMap,
    mean: &MeanImage,
    instructions: Instructions,
    scratch: &mut ResampleScratch,
    output: &mut [f32],
) {
    scratch.source.fill(image, height, width);
    for (axis, columns) in scratch.columns.iter_mut().enumerate() {
        columns.clear();
        columns.extend((0..width).map(|column| {
            let column = if map.flip { width - 1 - column } else { column };
            (map.linear[axis][0] * (column as f64 - map.centre[0])) as f32
        }));
    }
    scratch.taps.offsets.resize(width, 0);
    scratch.taps.right.resize(width, 0.0);
    scratch.taps.lower.resize(width, 0.0);
    let [columns_x, columns_y] = &scratch.columns;
    let columns = [&columns_x[..], &columns_y[..]];
    let job = Job { source: &scratch.source, taps: &mut scratch.taps, columns, map, mean, height, width };
    match instructions {
        Instructions::Portable => resample_portable(job, output),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: only made where the processor has AVX2.
        Instructions::Avx2 => unsafe { super::resample_avx2::resample_avx2(job, output) },
    }
}

fn resample_portable(mut job: Job, output: &mut [f32]) {
    for (row, output) in output.chunks_exact_mut(job.width * 3).enumerate() {
        job.locate(row);
        let mean = job.mean.padded_row(row, job.width);
        for (column, output) in output.chunks_exact_mut(3).enumerate() {
            let upper = &job.source.bytes[job.taps.offsets[column] as usize..];
            let lower = &upper[job.source.stride..job.source.stride + 6];
            for channel in 0..3 {
                let down = |position: usize| {
                    let upper = f32::from(upper[position]);
                    upper + job.taps.lower[column] * (f32::from(lower[position]) - upper)
                };
                let (left, right) = (down(channel), down(channel + 3));
                output[channel] = left + job.taps.right[column] * (right - left) - mean[column * 3 + channel];
            }
        }
    }
}
