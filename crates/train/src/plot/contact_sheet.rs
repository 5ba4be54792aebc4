use super::canvas::save_png;
use crate::{
    TrainError,
    augment::{Augmenter, Scratch},
};
use data::Dataset;
use image::{Rgb, RgbImage};
use spec::kinds::Augment;
use std::path::Path;

/// At most so many rows: one a class, or one an image.
const ROWS: usize = 20;
/// Images of each class.
const IMAGES: usize = 12;
/// Epochs of augmentation beside the image itself.
const EPOCHS: usize = 11;
/// Smaller images are enlarged to about this many pixels a side.
const SIDE: usize = 64;
const GAP: u32 = 4;

/// Draws images of a dataset as PNG: a row of images for each of the first classes; or, with `augment`, a row for one
/// image of each, itself first and then what becomes of it in the first epochs of a training with this seed.
///
/// # Errors
/// If the file cannot be written.
pub fn draw_contact_sheet(
    dataset: &Dataset,
    augment: Option<&Augment>,
    seed: u64,
    path: &Path,
) -> Result<(), TrainError> {
    let rows = match augment {
        None => images_by_class(dataset, IMAGES),
        Some(augment) => augmented(dataset, augment, seed),
    };
    save_png(&arranged(&rows, dataset.height(), dataset.width()), path)
}

/// The first images of the first classes that have any.
fn samples_by_class(dataset: &Dataset, count: usize) -> Vec<Vec<usize>> {
    let of_class = |class: usize| {
        let samples = dataset.labels().iter().enumerate().filter(move |&(_, &label)| label == class as i64);
        samples.map(|(sample, _)| sample).take(count).collect::<Vec<_>>()
    };
    let classes = (0..dataset.class_names().len()).map(of_class);
    classes.filter(|samples| !samples.is_empty()).take(ROWS).collect()
}

fn images_by_class(dataset: &Dataset, count: usize) -> Vec<Vec<Vec<u8>>> {
    let image = |sample: usize| dataset.image(sample).to_vec();
    samples_by_class(dataset, count).into_iter().map(|row| row.into_iter().map(image).collect()).collect()
}

/// Where images are mixed, they are mixed with those of the other rows.
fn augmented(dataset: &Dataset, augment: &Augment, seed: u64) -> Vec<Vec<Vec<u8>>> {
    let (height, width) = (dataset.height(), dataset.width());
    let augmenter = Augmenter::new(augment.clone(), seed, height, width, None);
    let samples: Vec<usize> = samples_by_class(dataset, 1).into_iter().flatten().collect();
    let mut rows: Vec<Vec<Vec<u8>>> =
        samples.iter().map(|&sample| vec![dataset.image(sample).to_vec()]).collect();
    let (values, mut scratch) = (height * width * 3, Scratch::default());
    for epoch in 0..EPOCHS as u32 {
        let mut batch = vec![0.0; samples.len() * values];
        for (&sample, output) in samples.iter().zip(batch.chunks_exact_mut(values)) {
            augmenter.apply(dataset.image(sample), epoch, sample as u32, &mut scratch, output);
        }
        augmenter.mix(&mut batch, epoch, 0);
        for (row, image) in rows.iter_mut().zip(batch.chunks_exact(values)) {
            row.push(image.iter().map(|value| value.round().clamp(0.0, 255.0) as u8).collect());
        }
    }
    rows
}

fn arranged(rows: &[Vec<Vec<u8>>], height: usize, width: usize) -> RgbImage {
    let times = (SIDE / height.max(width)).max(1) as u32;
    let (cell_height, cell_width) = (height as u32 * times + GAP, width as u32 * times + GAP);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0) as u32;
    let size = (columns * cell_width + GAP, rows.len() as u32 * cell_height + GAP);
    let mut sheet = RgbImage::from_pixel(size.0, size.1, Rgb([255; 3]));
    for (row, images) in (0..).zip(rows) {
        for (column, image) in (0..).zip(images) {
            let (left, top) = (GAP + column * cell_width, GAP + row * cell_height);
            for (y, x) in
                (0..height as u32 * times).flat_map(|y| (0..width as u32 * times).map(move |x| (y, x)))
            {
                let place = ((y / times) as usize * width + (x / times) as usize) * 3;
                let pixel = [image[place], image[place + 1], image[place + 2]];
                sheet.put_pixel(left + x, top + y, Rgb(pixel));
            }
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stand_where_they_belong_enlarged() {
        // Two rows of images of 1 × 2 pixels; the second is shorter.
        let rows = vec![vec![vec![1, 2, 3, 4, 5, 6], vec![7; 6]], vec![vec![9; 6]]];
        let sheet = arranged(&rows, 1, 2);
        assert_eq!(sheet.dimensions(), (2 * 68 + 4, 2 * 36 + 4));
        assert_eq!(sheet.get_pixel(0, 0), &Rgb([255; 3]));
        assert_eq!(sheet.get_pixel(4, 4), &Rgb([1, 2, 3]));
        assert_eq!(sheet.get_pixel(4 + 63, 4 + 31), &Rgb([4, 5, 6]));
        assert_eq!(sheet.get_pixel(4 + 68, 4), &Rgb([7; 3]));
        assert_eq!(sheet.get_pixel(4, 4 + 36), &Rgb([9; 3]));
        assert_eq!(sheet.get_pixel(4 + 68, 4 + 36), &Rgb([255; 3]));
    }
}
