/// Converts an image, u8 `[height, width, 3]`, to f32 less the mean, mirrored left to right if `flip`.
pub fn convert(image: &[u8], width: usize, flip: bool, mean: &[f32], output: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { convert_avx2(image, width, flip, mean, output) };
    }
    convert_portable(image, width, flip, mean, output);
}

/// The same code, compiled for AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn convert_avx2(image: &[u8], width: usize, flip: bool, mean: &[f32], output: &mut [f32]) {
    convert_portable(image, width, flip, mean, output);
}

#[inline(always)]
fn convert_portable(image: &[u8], width: usize, flip: bool, mean: &[f32], output: &mut [f32]) {
    if !flip {
        for ((value, &byte), mean) in output.iter_mut().zip(image).zip(mean) {
            *value = f32::from(byte) - mean;
        }
        return;
    }
    let rows = output.chunks_exact_mut(width * 3).zip(image.chunks_exact(width * 3));
    for ((output, input), mean) in rows.zip(mean.chunks_exact(width * 3)) {
        let pixels = output.chunks_exact_mut(3).zip(input.rchunks_exact(3));
        for ((output, input), mean) in pixels.zip(mean.chunks_exact(3)) {
            for channel in 0..3 {
                output[channel] = f32::from(input[channel]) - mean[channel];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: [u8; 12] = [0, 1, 2, 10, 11, 12, 20, 21, 22, 250, 251, 252];
    const MEAN: [f32; 12] = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0];

    #[test]
    fn the_mean_is_subtracted_value_by_value() {
        let mut output = [0.0; 12];
        convert(&IMAGE, 2, false, &MEAN, &mut output);
        assert_eq!(output, [-0.5, 0.0, 0.5, 8.0, 8.5, 9.0, 16.5, 17.0, 17.5, 245.0, 245.5, 246.0]);
    }

    #[test]
    fn mirroring_moves_pixels_but_not_the_mean() {
        let mut output = [0.0; 12];
        convert(&IMAGE, 2, true, &MEAN, &mut output);
        assert_eq!(output, [9.5, 10.0, 10.5, -2.0, -1.5, -1.0, 246.5, 247.0, 247.5, 15.0, 15.5, 16.0]);
    }
}
