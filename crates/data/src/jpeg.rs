use crate::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const TEMPORARY: u8 = 0x01;

/// Decodes a JPEG, baseline or progressive, of any colour space into RGB. `Err` holds what is wrong.
pub(crate) fn decode(encoded: &[u8]) -> Result<RgbImage, String> {
    if !is_complete(encoded) {
        return Err("is a truncated JPEG: it ends before its end-of-image marker".to_owned());
    }
    let broken = |error| format!("is a broken JPEG: {error}");
    let options = DecoderOptions::default().set_strict_mode(true).jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(encoded), options);
    let pixels = decoder.decode().map_err(broken)?;
    let (width, height) = decoder.dimensions().ok_or("is a broken JPEG: it has no size")?;
    if pixels.len() == height * width * 3 {
        Ok(RgbImage { height, width, pixels })
    } else {
        Err("is a JPEG with a colour space other than grey, RGB, YCbCr and CMYK".to_owned())
    }
}

/// Whether the markers of a JPEG lead to an end-of-image marker.
///
/// The decoder takes what is missing from the last rows of a truncated file for grey. The
/// marker alone proves nothing, since a thumbnail inside a segment has one too; so segments are followed by
/// their lengths (ITU-T T.81, annex B).
fn is_complete(encoded: &[u8]) -> bool {
    let mut position = 0;
    loop {
        let Some(marker) = next_marker(encoded, &mut position) else { return false };
        match marker {
            END_OF_IMAGE => return true,
            START_OF_IMAGE | TEMPORARY => {}
            _ => {
                let Some(&[high, low]) = encoded.get(position..position + 2) else { return false };
                position += usize::from(u16::from_be_bytes([high, low]));
            }
        }
    }
}

/// Moves behind the next marker. Zero bytes after 0xff are data, restart markers belong to the
/// scan they are in, and any number of 0xff may precede a marker.
fn next_marker(encoded: &[u8], position: &mut usize) -> Option<u8> {
    loop {
        let rest = encoded.get(*position..)?;
        *position += rest.iter().position(|&byte| byte == 0xff)? + 1;
        match *encoded.get(*position)? {
            0xff => {}
            0x00 | 0xd0..=0xd7 => *position += 1,
            marker => {
                *position += 1;
                return Some(marker);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{jpeg, paint};

    fn largest_difference(left: &RgbImage, right: &RgbImage) -> u8 {
        left.pixels.iter().zip(&right.pixels).map(|(left, right)| left.abs_diff(*right)).max().unwrap()
    }

    #[test]
    fn colours_survive_in_their_order() {
        let image = RgbImage { height: 16, width: 24, pixels: [200, 60, 20].repeat(16 * 24) };
        let decoded = decode(&jpeg(&image, false).unwrap()).unwrap();
        assert_eq!((decoded.height, decoded.width), (16, 24));
        assert!(largest_difference(&image, &decoded) <= 4);
    }

    #[test]
    fn grey_becomes_three_equal_channels() {
        let decoded = decode(&jpeg(&paint(64, 3, 1), true).unwrap()).unwrap();
        assert_eq!(decoded.pixels.len(), 64 * 64 * 3);
        assert!(decoded.pixels.chunks(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
    }

    #[test]
    fn every_truncation_is_an_error() {
        for grey in [false, true] {
            let encoded = jpeg(&paint(64, 1, 0), grey).unwrap();
            for length in 0..encoded.len() {
                assert!(decode(&encoded[..length]).is_err(), "{length} of {} bytes", encoded.len());
            }
        }
    }

    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end_of_the_image() {
        let encoded = jpeg(&paint(64, 1, 0), false).unwrap();
        let thumbnail = [0xff, 0xe1, 0x00, 0x06, 0xff, 0xd8, 0xff, 0xd9];
        let with_thumbnail = [&encoded[..2], &thumbnail, &encoded[2..]].concat();
        assert_eq!(decode(&with_thumbnail), decode(&encoded));
        let reason = decode(&with_thumbnail[..with_thumbnail.len() - 40]).unwrap_err();
        assert_eq!(reason, "is a truncated JPEG: it ends before its end-of-image marker");
    }
}
