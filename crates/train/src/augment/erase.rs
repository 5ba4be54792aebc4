use super::rectangle::Rectangle;
use crate::random::{Purpose, Stream};
use spec::kinds::Augment;

/// Share of the image that random erasing blanks, and how often it tries to find a rectangle that fits.
const AREA: [f64; 2] = [0.02, 0.33];
const LARGEST_ASPECT_RATIO: f64 = 1.0 / 0.3;
const ATTEMPTS: usize = 10;

/// Blanks the rectangles drawn for one sample in one epoch. The image is f32 `[height, width, 3]` less the mean, so
/// that the mean is zero.
pub fn random_erase(
    image: &mut [f32],
    size: [usize; 2],
    augment: &Augment,
    seed: u64,
    epoch: u32,
    index: u32,
) {
    let mut stream = Stream::new(seed, epoch, index, Purpose::Erase);
    let cutout = sample_cutout(&mut stream, augment.cutout as usize, size);
    let erased = sample_erasing(&mut stream, augment.random_erasing, size);
    for rectangle in [cutout, erased].into_iter().flatten() {
        rectangle.rows(size[1]).for_each(|values| image[values].fill(0.0));
    }
}

/// A square centred on any pixel: DeVries and Taylor, "Improved regularization of convolutional neural networks with
/// cutout", 2017.
fn sample_cutout(stream: &mut Stream, side: usize, size: [usize; 2]) -> Option<Rectangle> {
    let centre = size.map(|pixels| stream.below(pixels as u32) as usize);
    (side > 0).then(|| Rectangle::around(centre, [side; 2], size))
}

/// A rectangle of random area and aspect ratio, wholly inside: Zhong et al., "Random erasing data augmentation", 2017,
/// with the ranges of torchvision's `RandomErasing`.
fn sample_erasing(stream: &mut Stream, probability: f64, size: [usize; 2]) -> Option<Rectangle> {
    if stream.uniform() >= probability {
        return None;
    }
    (0..ATTEMPTS).find_map(|_| {
        let area = stream.uniform_in(AREA[0], AREA[1]) * (size[0] * size[1]) as f64;
        let log_ratio = LARGEST_ASPECT_RATIO.ln();
        let ratio = stream.uniform_in(-log_ratio, log_ratio).exp();
        let height = (area * ratio).sqrt().round() as usize;
        let width = (area / ratio).sqrt().round() as usize;
        let (rows, columns) = (size[0].checked_sub(height)?, size[1].checked_sub(width)?);
        let top = stream.below(rows as u32 + 1) as usize;
        let left = stream.below(columns as u32 + 1) as usize;
        Some(Rectangle { top, left, height, width })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [usize; 2] = [32, 24];

    fn blanked(augment: &Augment, index: u32) -> usize {
        let mut image = vec![1.0; SIZE[0] * SIZE[1] * 3];
        random_erase(&mut image, SIZE, augment, 42, 0, index);
        image.iter().filter(|&&value| value == 0.0).count() / 3
    }

    #[test]
    fn cutout_blanks_a_square_that_the_edges_may_cut() {
        let augment = Augment { cutout: 8, ..Augment::default() };
        let areas: Vec<usize> = (0..8000).map(|index| blanked(&augment, index)).collect();
        assert_eq!(areas.iter().max(), Some(&64));
        assert_eq!(areas.iter().min(), Some(&16), "a square in a corner keeps a quarter");
        // Whole squares need a centre in rows 4 to 28 and columns 4 to 20.
        let whole = areas.iter().filter(|&&area| area == 64).count() as f64 / 8000.0;
        assert!((whole - 25.0 / 32.0 * 17.0 / 24.0).abs() < 0.03, "{whole}");
    }

    #[test]
    fn random_erasing_has_its_probability_and_areas() {
        let augment = Augment { random_erasing: 0.25, ..Augment::default() };
        let pixels = (SIZE[0] * SIZE[1]) as f64;
        let areas: Vec<f64> = (0..8000).map(|index| blanked(&augment, index) as f64 / pixels).collect();
        let erased: Vec<f64> = areas.iter().copied().filter(|&area| area > 0.0).collect();
        assert!((erased.len() as f64 / 8000.0 - 0.25).abs() < 0.02, "{}", erased.len());
        // Sides are rounded to pixels, so that the area may leave its range a little.
        assert!(erased.iter().all(|area| (0.01..0.37).contains(area)));
        let mean = erased.iter().sum::<f64>() / erased.len() as f64;
        assert!((mean - 0.17).abs() < 0.01, "mean area {mean}");
    }

    #[test]
    fn erasing_can_be_certain_or_off() {
        let certain = Augment { random_erasing: 1.0, ..Augment::default() };
        assert!((0..200).all(|index| blanked(&certain, index) > 0));
        assert!((0..200).all(|index| blanked(&Augment::default(), index) == 0));
    }
}
