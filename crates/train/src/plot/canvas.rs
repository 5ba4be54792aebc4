use crate::TrainError;
use image::{ImageBuffer, Rgb, imageops};
use plotters::{
    coord::Shift,
    prelude::{BitMapBackend, DrawingArea, DrawingAreaErrorKind, IntoDrawingArea, WHITE},
    style::{FontStyle, register_font},
};
use std::{io, path::Path};

/// The family under which the embedded font is known to the drawing library.
pub(super) const FONT: &str = "sans-serif";
const FONT_FILE: &[u8] = include_bytes!("../../assets/DejaVuSans-latin.ttf");

pub(super) type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
pub(super) type DrawResult = Result<
    (),
    DrawingAreaErrorKind<<BitMapBackend<'static> as plotters::prelude::DrawingBackend>::ErrorType>,
>;

/// Draws on a white canvas of `width` × `height` pixels and writes it as PNG.
///
/// The canvas that `draw` gets is `oversampling` times as wide and as high, and is averaged down: the
/// drawing library does not smooth lines by itself.
pub(super) fn write_png(
    path: &Path,
    (width, height): (u32, u32),
    oversampling: u32,
    draw: impl FnOnce(&Area<'_>) -> DrawResult,
) -> Result<(), TrainError> {
    let failed = |message: String| TrainError::file("draw", path)(io::Error::other(message));
    register_font(FONT, FontStyle::Normal, FONT_FILE)
        .map_err(|_| failed("the font cannot be read".to_owned()))?;
    let size = (width * oversampling, height * oversampling);
    let mut pixels = vec![0; size.0 as usize * size.1 as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
        let drawn = area.fill(&WHITE).and_then(|()| draw(&area)).and_then(|()| area.present());
        drawn.map_err(|error| failed(error.to_string()))?;
    }
    let large: ImageBuffer<Rgb<u8>, _> = ImageBuffer::from_raw(size.0, size.1, pixels)
        .ok_or_else(|| failed("the picture is too large".to_owned()))?;
    let picture = if oversampling == 1 { large } else { imageops::thumbnail(&large, width, height) };
    picture.save_with_format(path, image::ImageFormat::Png).map_err(|error| match error {
        image::ImageError::IoError(source) => TrainError::file("write", path)(source),
        other => failed(other.to_string()),
    })
}
