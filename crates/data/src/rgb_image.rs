use fast_image_resize as fir;

/// A decoded image: 8 bits a channel, red, green and blue interleaved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbImage {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// `[height, width, 3]`.
    pub pixels: Vec<u8>,
}

impl RgbImage {
    /// The image in another size: bilinear, averaging over the covered area when it shrinks, whatever the
    /// proportions. `Err` holds what is wrong.
    pub fn resized(self, height: usize, width: usize) -> Result<Self, String> {
        if (self.height, self.width) == (height, width) {
            return Ok(self);
        }
        let refused = |error: &dyn std::fmt::Display| format!("cannot be resized: {error}");
        let [source_height, source_width, new_height, new_width] =
            [self.height, self.width, height, width].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        let source =
            fir::images::ImageRef::new(source_width, source_height, &self.pixels, fir::PixelType::U8x3)
                .map_err(|error| refused(&error))?;
        let mut resized = fir::images::Image::new(new_width, new_height, fir::PixelType::U8x3);
        let options =
            fir::ResizeOptions::new().resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Bilinear));
        fir::Resizer::new().resize(&source, &mut resized, &options).map_err(|error| refused(&error))?;
        Ok(Self { height, width, pixels: resized.into_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_by_a_whole_factor_keeps_flat_areas_and_channels() {
        let row: Vec<u8> = [[250, 10, 0]; 8].into_iter().chain([[0, 20, 90]; 8]).flatten().collect();
        let image = RgbImage { height: 12, width: 16, pixels: row.repeat(12) };
        let small = image.resized(3, 4).unwrap();
        assert_eq!((small.height, small.width), (3, 4));
        for row in small.pixels.chunks(12) {
            assert_eq!(row[..3], [250, 10, 0]);
            assert_eq!(row[9..], [0, 20, 90]);
        }
    }

    #[test]
    fn the_same_size_changes_nothing() {
        let image = RgbImage { height: 1, width: 2, pixels: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!(image.clone().resized(1, 2).unwrap(), image);
    }
}
