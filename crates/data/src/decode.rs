use crate::rgb::RgbImage;
use fast_image_resize as fir;
use std::path::Path;

/// Decodes a JPEG or PNG file into RGB; grey images get three equal channels. `Err` holds what is wrong.
pub(crate) fn decode_file(path: &Path) -> Result<RgbImage, String> {
    let encoded = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let image = image::load_from_memory(&encoded).map_err(|error| error.to_string())?.into_rgb8();
    Ok(RgbImage { height: image.height() as usize, width: image.width() as usize, pixels: image.into_raw() })
}

/// Resizes an image, whatever its proportions.
pub(crate) fn resize(image: &RgbImage, height: usize, width: usize) -> Result<RgbImage, String> {
    let source = fir::images::ImageRef::new(
        image.width as u32,
        image.height as u32,
        &image.pixels,
        fir::PixelType::U8x3,
    )
    .map_err(|error| format!("cannot be resized: {error}"))?;
    let mut resized = fir::images::Image::new(width as u32, height as u32, fir::PixelType::U8x3);
    let options =
        fir::ResizeOptions::new().resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Bilinear));
    fir::Resizer::new()
        .resize(&source, &mut resized, &options)
        .map_err(|error| format!("cannot be resized: {error}"))?;
    Ok(RgbImage { height, width, pixels: resized.into_vec() })
}
