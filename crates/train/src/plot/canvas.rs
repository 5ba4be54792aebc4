use crate::TrainError;
use image::{ImageBuffer, Rgb, imageops};
use plotters::{
    coord::Shift,
    prelude::{
        BitMapBackend, DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea, SVGBackend, WHITE,
    },
    style::{FontStyle, register_font},
};
use std::{fmt::Display, fs, io, path::Path};

/// The family under which the embedded font is known to the drawing library.
pub(super) const FONT: &str = "sans-serif";
const FONT_FILE: &[u8] = include_bytes!("../../assets/DejaVuSans-latin.ttf");

pub(super) type Area<B> = DrawingArea<B, Shift>;
pub(super) type DrawResult<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;
pub(super) type Bitmap<'a> = BitMapBackend<'a>;

/// Draws on a white canvas of `width` × `height` pixels and writes it as PNG.
///
/// The canvas that `draw` gets is `oversampling` times as wide and as high, and is averaged down: the
/// drawing library does not smooth lines by itself.
pub(super) fn write_png(
    path: &Path,
    (width, height): (u32, u32),
    oversampling: u32,
    draw: impl FnOnce(&Area<Bitmap<'_>>) -> Result<(), DrawingAreaErrorKind<BitmapError>>,
) -> Result<(), TrainError> {
    use_own_font(path)?;
    let size = (width * oversampling, height * oversampling);
    let mut pixels = vec![0; size.0 as usize * size.1 as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
        let drawn = area.fill(&WHITE).and_then(|()| draw(&area)).and_then(|()| area.present());
        drawn.map_err(failed(path))?;
    }
    let large: ImageBuffer<Rgb<u8>, _> = ImageBuffer::from_raw(size.0, size.1, pixels)
        .ok_or_else(|| failed(path)("the picture is too large"))?;
    let picture = if oversampling == 1 { large } else { imageops::thumbnail(&large, width, height) };
    save_png(&picture, path)
}

/// Draws on a white canvas and writes it as SVG of `width` × `height` pixels, to be shown at any size.
///
/// The canvas that `draw` gets is `fineness` times as wide and as high: the drawing library rounds to whole units.
pub(super) fn write_svg(
    path: &Path,
    (width, height): (u32, u32),
    fineness: u32,
    draw: impl FnOnce(&Area<SVGBackend<'_>>) -> Result<(), DrawingAreaErrorKind<io::Error>>,
) -> Result<(), TrainError> {
    use_own_font(path)?;
    let mut text = String::new();
    let size = (width * fineness, height * fineness);
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let drawn = area.fill(&WHITE).and_then(|()| draw(&area)).and_then(|()| area.present());
        drawn.map_err(failed(path))?;
    }
    let drawn_size = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown_size = format!("width=\"{width}\" height=\"{height}\"");
    fs::write(path, text.replacen(&drawn_size, &shown_size, 1)).map_err(TrainError::file("write", path))
}

/// Writes a picture as PNG.
pub(crate) fn save_png(picture: &image::RgbImage, path: &Path) -> Result<(), TrainError> {
    picture.save_with_format(path, image::ImageFormat::Png).map_err(|error| match error {
        image::ImageError::IoError(source) => TrainError::file("write", path)(source),
        other => failed(path)(other),
    })
}

type BitmapError = <BitMapBackend<'static> as DrawingBackend>::ErrorType;

fn use_own_font(path: &Path) -> Result<(), TrainError> {
    register_font(FONT, FontStyle::Normal, FONT_FILE).map_err(|_| failed(path)("the font cannot be read"))
}

fn failed<E: Display>(path: &Path) -> impl FnOnce(E) -> TrainError {
    move |error| TrainError::file("draw", path)(io::Error::other(error.to_string()))
}
