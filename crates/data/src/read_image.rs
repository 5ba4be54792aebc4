use crate::{RgbImage, jpeg};
use image::ImageFormat;
use std::path::Path;

const JPEG_MAGIC: &[u8] = &[0xff, 0xd8, 0xff];
const PNG_MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Reads a JPEG or PNG file, told apart by content, as RGB.
///
/// Grey images get three equal channels, transparency is dropped, 16 bits become 8. Orientation tags are not
/// followed. `Err` holds what is wrong, without the path.
pub fn read_image(path: &Path) -> Result<RgbImage, String> {
    let encoded = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    decode(&encoded)
}

/// Decodes the content of a JPEG or PNG file.
pub(crate) fn decode(encoded: &[u8]) -> Result<RgbImage, String> {
    if encoded.starts_with(JPEG_MAGIC) {
        jpeg::decode(encoded)
    } else if encoded.starts_with(PNG_MAGIC) {
        decode_png(encoded)
    } else if encoded.is_empty() {
        Err("is empty".to_owned())
    } else {
        Err("is neither a JPEG nor a PNG image".to_owned())
    }
}

fn decode_png(encoded: &[u8]) -> Result<RgbImage, String> {
    let image = image::load_from_memory_with_format(encoded, ImageFormat::Png)
        .map_err(|error| format!("is a broken PNG: {error}"))?
        .into_rgb8();
    Ok(RgbImage { height: image.height() as usize, width: image.width() as usize, pixels: image.into_raw() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{jpeg, paint};
    use image::codecs::png::PngEncoder;
    use image::{ExtendedColorType, ImageEncoder};
    use proptest::prelude::*;

    fn png(pixels: &[u8], width: u32, height: u32, colours: ExtendedColorType) -> Vec<u8> {
        let mut encoded = Vec::new();
        PngEncoder::new(&mut encoded).write_image(pixels, width, height, colours).unwrap();
        encoded
    }

    #[test]
    fn png_is_read_exactly_whatever_its_channels() {
        let expected = |pixels: &[u8]| Ok(RgbImage { height: 1, width: 2, pixels: pixels.to_vec() });
        let rgb = png(&[1, 2, 3, 4, 5, 6], 2, 1, ExtendedColorType::Rgb8);
        assert_eq!(decode(&rgb), expected(&[1, 2, 3, 4, 5, 6]));
        let rgba = png(&[1, 2, 3, 0, 4, 5, 6, 9], 2, 1, ExtendedColorType::Rgba8);
        assert_eq!(decode(&rgba), expected(&[1, 2, 3, 4, 5, 6]));
        let grey = png(&[7, 8], 2, 1, ExtendedColorType::L8);
        assert_eq!(decode(&grey), expected(&[7, 7, 7, 8, 8, 8]));
    }

    #[test]
    fn every_truncation_of_a_png_that_costs_pixels_is_an_error() {
        let image = paint(16, 1, 0);
        let encoded = png(&image.pixels, 16, 16, ExtendedColorType::Rgb8);
        let last_chunk = 12;
        for length in 0..encoded.len() - last_chunk {
            assert!(decode(&encoded[..length]).is_err(), "{length} of {} bytes", encoded.len());
        }
    }

    #[test]
    fn other_files_are_named_as_such() {
        assert_eq!(decode(b"hello").unwrap_err(), "is neither a JPEG nor a PNG image");
        assert_eq!(decode(b"").unwrap_err(), "is empty");
    }

    proptest! {
        #[test]
        fn changed_images_never_panic(
            as_png in any::<bool>(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
            length in any::<proptest::sample::Index>(),
        ) {
            let image = paint(16, 1, 0);
            let mut encoded = if as_png {
                png(&image.pixels, 16, 16, ExtendedColorType::Rgb8)
            } else {
                jpeg(&image, false).unwrap()
            };
            for (index, byte) in changes {
                let position = index.index(encoded.len());
                encoded[position] = byte;
            }
            encoded.truncate(length.index(2 * encoded.len()));
            let _ = decode(&encoded);
        }
    }
}
