//! Bilinear resampling along an affine map, edges clamped, the mean subtracted in the same pass.
//!
//! Coordinates are computed in f64 per row and per column and added in f32: an error below 10⁻⁵ pixels for images
//! up to 128 pixels wide. The same code is compiled for several instruction sets, without fused multiply-add, so
//! that results do not depend on the processor.

use super::AffineMap;
use std::array::from_fn;

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
    columns: Columns,
    taps: Taps,
}

/// Red, green, blue and a value that means nothing: as many as a vector register holds.
type Pixel = [f32; 4];

/// The source in f32, with a copy of its last column and row, so that every pixel has a right and a lower
/// neighbour.
#[derive(Debug, Default)]
struct PaddedImage {
    pixels: Vec<Pixel>,
    /// Pixels from one row to the next.
    stride: usize,
}

impl PaddedImage {
    #[inline(always)]
    fn fill(&mut self, image: &[u8], height: usize, width: usize) {
        self.stride = width + 1;
        self.pixels.resize((height + 1) * self.stride, [0.0; 4]);
        for (row, pixels) in self.pixels.chunks_exact_mut(width + 1).enumerate() {
            let source = &image[row.min(height - 1) * width * 3..][..width * 3];
            for (pixel, rgb) in pixels.iter_mut().zip(source.chunks_exact(3)) {
                *pixel = [rgb[0].into(), rgb[1].into(), rgb[2].into(), 0.0];
            }
            pixels[width] = pixels[width - 1];
        }
    }
}

/// What the column of an output pixel adds to where it comes from.
#[derive(Debug, Default)]
struct Columns {
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Columns {
    fn fill(&mut self, map: &AffineMap, width: usize) {
        for (axis, values) in [&mut self.x, &mut self.y].into_iter().enumerate() {
            values.clear();
            values.extend((0..width).map(|column| {
                let column = if map.flip { width - 1 - column } else { column };
                (map.linear[axis][0] * (column as f64 - map.centre[0])) as f32
            }));
        }
    }
}

/// What each pixel of one output row is interpolated from.
#[derive(Debug, Default)]
struct Taps {
    /// Number of the upper left of the four pixels in the padded source.
    upper_left: Vec<u32>,
    /// The share of the right pixels, 0 to 1.
    right: Vec<f32>,
    /// The share of the lower pixels, 0 to 1.
    lower: Vec<f32>,
}

impl Taps {
    fn resize(&mut self, width: usize) {
        self.upper_left.resize(width, 0);
        self.right.resize(width, 0.0);
        self.lower.resize(width, 0.0);
    }

    /// Finds the taps of an output row.
    #[inline(always)]
    fn locate(&mut self, map: &AffineMap, columns: &Columns, row: usize, [height, width]: [usize; 2]) {
        let from_centre = row as f64 - map.centre[1];
        let row_x = (map.linear[0][1] * from_centre + map.offset[0]) as f32;
        let row_y = (map.linear[1][1] * from_centre + map.offset[1]) as f32;
        let (last_x, last_y) = ((width - 1) as f32, (height - 1) as f32);
        let stride = width as i32 + 1;
        let (columns_x, columns_y) = (&columns.x[..width], &columns.y[..width]);
        let upper_left = &mut self.upper_left[..width];
        let (right, lower) = (&mut self.right[..width], &mut self.lower[..width]);
        for column in 0..width {
            let x = clamp(columns_x[column] + row_x, last_x);
            let y = clamp(columns_y[column] + row_y, last_y);
            // SAFETY: both are from 0 to the image's size, whatever the map; truncation rounds them down.
            let (left, upper): (i32, i32) = unsafe { (x.to_int_unchecked(), y.to_int_unchecked()) };
            upper_left[column] = (upper * stride + left) as u32;
            right[column] = x - left as f32;
            lower[column] = y - upper as f32;
        }
    }
}

/// `value` between 0 and `last`; 0 if it is not a number.
#[inline(always)]
fn clamp(value: f32, last: f32) -> f32 {
    let value = if value > 0.0 { value } else { 0.0 };
    if value < last { value } else { last }
}

/// An image, its size and what is to be done to it.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// u8 `[height, width, 3]`.
    pub image: &'a [u8],
    /// Height and width.
    pub size: [usize; 2],
    /// Where the result's pixels come from.
    pub map: &'a AffineMap,
    /// What is subtracted from the result, f32 `[height, width, 3]`.
    pub mean: &'a [f32],
}

/// Resamples an image into f32 `[height, width, 3]`, less the mean.
pub fn resample(job: Job, instructions: Instructions, scratch: &mut ResampleScratch, output: &mut [f32]) {
    match instructions {
        Instructions::Portable => resample_rows(job, scratch, output),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: only made where the processor has AVX2.
        Instructions::Avx2 => unsafe { resample_rows_avx2(job, scratch, output) },
    }
}

/// The same code, compiled for AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn resample_rows_avx2(job: Job, scratch: &mut ResampleScratch, output: &mut [f32]) {
    resample_rows(job, scratch, output);
}

#[inline(always)]
fn resample_rows(job: Job, scratch: &mut ResampleScratch, output: &mut [f32]) {
    let [height, width] = job.size;
    scratch.source.fill(job.image, height, width);
    scratch.columns.fill(job.map, width);
    scratch.taps.resize(width);
    let rows = output.chunks_exact_mut(width * 3).zip(job.mean.chunks_exact(width * 3));
    for (row, (output, mean)) in rows.enumerate() {
        scratch.taps.locate(job.map, &scratch.columns, row, job.size);
        interpolate_row(&scratch.source, &scratch.taps, mean, output);
    }
}

#[inline(always)]
fn interpolate_row(source: &PaddedImage, taps: &Taps, mean: &[f32], output: &mut [f32]) {
    let width = output.len() / 3;
    let last = width - 1;
    let upper = &source.pixels[..];
    let lower = &source.pixels[source.stride..];
    let (upper_left, right, below) = (&taps.upper_left[..width], &taps.right[..width], &taps.lower[..width]);
    for column in 0..last {
        let pixel = interpolate(upper, lower, upper_left[column], right[column], below[column]);
        let start = column * 3;
        let (output, mean) = (&mut output[start..start + 4], &mean[start..start + 4]);
        // The value too many is overwritten by the next pixel.
        for value in 0..4 {
            output[value] = pixel[value] - mean[value];
        }
    }
    let pixel = interpolate(upper, lower, upper_left[last], right[last], below[last]);
    for channel in 0..3 {
        output[last * 3 + channel] = pixel[channel] - mean[last * 3 + channel];
    }
}

/// One pixel between four of the source: first between upper and lower row, then between left and right.
#[inline(always)]
fn interpolate(upper: &[Pixel], lower: &[Pixel], upper_left: u32, right: f32, below: f32) -> Pixel {
    let upper_left = upper_left as usize;
    let upper = upper[upper_left..upper_left + 2].as_flattened();
    let lower = lower[upper_left..upper_left + 2].as_flattened();
    let between: [f32; 8] = from_fn(|value| upper[value] + below * (lower[value] - upper[value]));
    from_fn(|channel| between[channel] + right * (between[channel + 4] - between[channel]))
}
