use super::resample::Job;
use std::arch::x86_64::*;

/// The portable resampling's arithmetic, four channels of two neighbouring pixels at a time.
#[target_feature(enable = "avx2")]
pub(super) fn resample_avx2(mut job: Job, output: &mut [f32]) {
    let width = job.width;
    for (row, output) in output.chunks_exact_mut(width * 3).enumerate() {
        job.locate(row);
        let mean = job.mean.padded_row(row, width);
        for column in 0..width - 1 {
            let pixel = interpolate(&job, mean, column);
            // SAFETY: all but the last pixel of a row are followed by three values of the row.
            unsafe { _mm_storeu_ps(output.as_mut_ptr().add(column * 3), pixel) };
        }
        let mut last = [0.0; 4];
        // SAFETY: four values fit.
        unsafe { _mm_storeu_ps(last.as_mut_ptr(), interpolate(&job, mean, width - 1)) };
        output[width * 3 - 3..].copy_from_slice(&last[..3]);
    }
}

/// One pixel less the mean; the fourth value means nothing.
#[target_feature(enable = "avx2")]
#[inline]
fn interpolate(job: &Job, mean: &[f32], column: usize) -> __m128 {
    let taps = &job.taps;
    let offset = taps.offsets[column] as usize;
    let upper = pixel_pair(&job.source.bytes[offset..]);
    let lower = pixel_pair(&job.source.bytes[offset + job.source.stride..]);
    let share = _mm256_set1_ps(taps.lower[column]);
    let down = _mm256_add_ps(upper, _mm256_mul_ps(share, _mm256_sub_ps(lower, upper)));
    let (left, right) = (_mm256_castps256_ps128(down), _mm256_extractf128_ps(down, 1));
    let share = _mm_set1_ps(taps.right[column]);
    let pixel = _mm_add_ps(left, _mm_mul_ps(share, _mm_sub_ps(right, left)));
    let mean = &mean[column * 3..column * 3 + 4];
    // SAFETY: `mean` has four values.
    _mm_sub_ps(pixel, unsafe { _mm_loadu_ps(mean.as_ptr()) })
}

/// Two neighbouring RGB pixels as R, G, B, 0, R, G, B, 0.
#[target_feature(enable = "avx2")]
#[inline]
fn pixel_pair(bytes: &[u8]) -> __m256 {
    let spread = _mm256_setr_epi8(
        0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, -1, -1, -1, -1, //
        3, -1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, -1, -1, -1, -1,
    );
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[..8]);
    let words = _mm256_set1_epi64x(i64::from_le_bytes(word));
    _mm256_cvtepi32_ps(_mm256_shuffle_epi8(words, spread))
}
