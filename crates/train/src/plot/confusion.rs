use super::canvas::{self, Bitmap, FONT, write_png};
use crate::{ConfusionMatrix, TrainError};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use std::path::Path;

type Area<'a> = canvas::Area<Bitmap<'a>>;
type DrawResult = canvas::DrawResult<Bitmap<'static>>;

const OVERSAMPLING: u32 = 2;
const SCALE: i32 = OVERSAMPLING as i32;
/// The matrix is drawn about this high and wide, in pixels.
const MATRIX_SIZE: i32 = 1600;
/// Larger cells would waste paper, smaller ones could not be told apart.
const CELL_SIZES: (i32, i32) = (2, 64);
/// Cells at least this large show their count.
const CELL_WITH_COUNT: i32 = 28;
const LABEL_SIZES: (i32, i32) = (8, 15);
const LABEL_CHARACTERS: usize = 18;
const MARGIN: i32 = 14;
const TITLE_HEIGHT: i32 = 34;
const TITLE_SIZE: i32 = 16;
/// Room for the title, whatever the size of the matrix.
const MIN_WIDTH: i32 = 420;
const FULL: RGBColor = RGBColor(8, 64, 129);

/// Draws a confusion matrix as PNG: rows are the true classes, columns the predicted ones, and the darkness
/// of a cell is its share of the row. Names and counts are shown as far as there is room.
///
/// # Errors
/// If the file cannot be written.
pub fn draw_confusion(matrix: &ConfusionMatrix, names: &[String], path: &Path) -> Result<(), TrainError> {
    let picture = Picture::new(matrix, names);
    write_png(path, picture.size(), OVERSAMPLING, |area| picture.draw(area))
}

/// Where things are, in pixels of the finished picture.
struct Picture<'a> {
    matrix: &'a ConfusionMatrix,
    names: Vec<String>,
    /// Height and width of a cell.
    cell: i32,
    /// Every so many classes have their name shown.
    label_step: usize,
    label_size: i32,
    /// Room for the names to the left of the matrix and above it.
    label_room: i32,
}

impl<'a> Picture<'a> {
    fn new(matrix: &'a ConfusionMatrix, names: &[String]) -> Self {
        let cell = (MATRIX_SIZE / matrix.classes().max(1) as i32).clamp(CELL_SIZES.0, CELL_SIZES.1);
        let label_size = cell.clamp(LABEL_SIZES.0, LABEL_SIZES.1);
        let names: Vec<_> = names.iter().map(|name| shorten(name)).collect();
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as i32;
        // A character is about 0.62 of the font's size wide.
        let label_room = (longest * label_size * 62 / 100 + 8).max(40);
        let label_step = (label_size as u32).div_ceil(cell as u32) as usize;
        Self { matrix, names, cell, label_step, label_size, label_room }
    }

    fn corner(&self) -> (i32, i32) {
        (
            MARGIN + self.label_size + self.label_room,
            MARGIN + TITLE_HEIGHT + self.label_size + self.label_room,
        )
    }

    fn size(&self) -> (u32, u32) {
        let (left, top) = self.corner();
        let side = self.cell * self.matrix.classes() as i32;
        ((left + side + MARGIN).max(MIN_WIDTH) as u32, (top + side + MARGIN) as u32)
    }

    fn draw(&self, area: &Area<'_>) -> DrawResult {
        self.draw_title(area)?;
        for label in 0..self.matrix.classes() {
            self.draw_row(area, label)?;
            if label.is_multiple_of(self.label_step) {
                self.draw_names(area, label)?;
            }
        }
        let (left, top) = self.corner();
        let side = self.cell * self.matrix.classes() as i32;
        let frame = [scaled((left, top)), scaled((left + side, top + side))];
        area.draw(&Rectangle::new(frame, BLACK.mix(0.4).stroke_width(OVERSAMPLING)))
    }

    fn draw_title(&self, area: &Area<'_>) -> DrawResult {
        let classes = 0..self.matrix.classes();
        let correct: u64 = classes.clone().map(|label| self.matrix.correct(label)).sum();
        let samples: u64 = classes.map(|label| self.matrix.samples(label)).sum();
        let title = format!("{correct} of {samples} right; rows: true class, columns: predicted");
        area.draw(&Text::new(title, scaled((MARGIN, MARGIN)), font(TITLE_SIZE)))
    }

    fn draw_row(&self, area: &Area<'_>, label: usize) -> DrawResult {
        let (left, top) = self.corner();
        let y = top + label as i32 * self.cell;
        let samples = self.matrix.samples(label).max(1);
        for (class, &count) in self.matrix.row(label).iter().enumerate().filter(|&(_, &count)| count > 0) {
            let x = left + class as i32 * self.cell;
            // The root makes single mistakes visible beside hundreds of hits.
            let share = (count as f64 / samples as f64).sqrt();
            let corners = [scaled((x, y)), scaled((x + self.cell, y + self.cell))];
            area.draw(&Rectangle::new(corners, FULL.mix(share).filled()))?;
            if self.cell >= CELL_WITH_COUNT {
                let color = if share > 0.6 { WHITE } else { BLACK };
                let style = font(self.label_size).color(&color).pos(Pos::new(HPos::Center, VPos::Center));
                area.draw(&Text::new(
                    count.to_string(),
                    scaled((x + self.cell / 2, y + self.cell / 2)),
                    style,
                ))?;
            }
        }
        Ok(())
    }

    /// Draws a class's name left of its row, and upwards above its column.
    fn draw_names(&self, area: &Area<'_>, class: usize) -> DrawResult {
        let ((left, top), middle) = (self.corner(), class as i32 * self.cell + self.cell / 2);
        let name = self.names[class].as_str();
        let style = font(self.label_size).color(&BLACK).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(name, scaled((left - 5, top + middle)), style))?;
        let upwards = font(self.label_size).transform(FontTransform::Rotate270);
        let style = upwards.color(&BLACK).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(name, scaled((left + middle, top - 5)), style))
    }
}

/// A place on the canvas.
fn scaled((x, y): (i32, i32)) -> (i32, i32) {
    (SCALE * x, SCALE * y)
}

fn font(size: i32) -> FontDesc<'static> {
    (FONT, SCALE * size).into_font()
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= LABEL_CHARACTERS {
        return name.to_owned();
    }
    name.chars().take(LABEL_CHARACTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Prediction, Scores};

    fn matrix(classes: usize) -> ConfusionMatrix {
        let predictions = (0..20 * classes).map(|index| Prediction {
            label: index % classes,
            predicted: if index % 7 == 0 { (index * index) % classes } else { index % classes },
            probability: 1.0,
            classes_before: 0,
            cross_entropy: 0.0,
        });
        ConfusionMatrix::new(&Scores { predictions: predictions.collect() }, classes)
    }

    #[test]
    fn few_and_many_classes_fit_and_equal_figures_give_equal_bytes() {
        let folder = tempfile::tempdir().unwrap();
        for (classes, sizes) in [(2, 100..500), (10, 400..1000), (200, 1600..2000)] {
            let names: Vec<_> = (0..classes).map(|class| format!("class number {class}, or so")).collect();
            let paths = ["a.png", "b.png"].map(|name| folder.path().join(format!("{classes}-{name}")));
            paths.iter().for_each(|path| draw_confusion(&matrix(classes), &names, path).unwrap());
            let size = image::image_dimensions(&paths[0]).unwrap();
            assert!(sizes.contains(&size.0) && sizes.contains(&size.1), "{classes} classes: {size:?}");
            assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
        }
    }
}
