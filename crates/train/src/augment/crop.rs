use crate::random::{Purpose, Stream};
use spec::kinds::Augment;

/// Cuts a window of the old size out of the padded image, drawn for one sample in one epoch. The image is f32
/// `[height, width, 3]` less the mean, so that the padding, the mean, is zero.
pub fn random_crop(
    image: &mut [f32],
    size: [usize; 2],
    augment: &Augment,
    seed: u64,
    epoch: u32,
    index: u32,
) {
    let mut stream = Stream::new(seed, epoch, index, Purpose::Crop);
    let padding = i64::from(augment.crop_padding);
    let mut offset = || i64::from(stream.below(2 * augment.crop_padding + 1)) - padding;
    let (down, right) = (offset(), offset());
    shift(image, size, down, right);
}

/// Moves the window `down` and to the `right`: the pixel at (y, x) becomes the one at (y + down, x + right), or
/// zero where there is none.
fn shift(image: &mut [f32], [height, width]: [usize; 2], down: i64, right: i64) {
    let row_values = width * 3;
    let columns = inside(width, right);
    let rows = inside(height, down);
    let move_row = |row: usize| {
        let target = row * row_values;
        if rows.contains(&row) && !columns.is_empty() {
            let source =
                (row as i64 + down) as usize * row_values + ((columns.start as i64 + right) * 3) as usize;
            image.copy_within(source..source + columns.len() * 3, target + columns.start * 3);
            image[target..target + columns.start * 3].fill(0.0);
            image[target + columns.end * 3..target + row_values].fill(0.0);
        } else {
            image[target..target + row_values].fill(0.0);
        }
    };
    // In the order in which no row is overwritten before it is read.
    if down >= 0 { (0..height).for_each(move_row) } else { (0..height).rev().for_each(move_row) }
}

/// The positions below `size` that stay below it, and above zero, with `offset` added.
fn inside(size: usize, offset: i64) -> std::ops::Range<usize> {
    let position = |value: i64| value.clamp(0, size as i64) as usize;
    position(-offset)..position(size as i64 - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [usize; 2] = [4, 3];

    fn numbered() -> Vec<f32> {
        (1..=SIZE[0] * SIZE[1] * 3).map(|value| value as f32).collect()
    }

    #[test]
    fn every_window_is_the_one_of_the_padded_image() {
        let image = numbered();
        for down in -5..=5_i64 {
            for right in -5..=5_i64 {
                let mut shifted = image.clone();
                shift(&mut shifted, SIZE, down, right);
                let mut expected = Vec::new();
                for (row, column) in (0..4).flat_map(|row| (0..3).map(move |column| (row, column))) {
                    let (row, column) = (row + down, column + right);
                    let inside = (0..4).contains(&row) && (0..3).contains(&column);
                    let start = (row * 3 + column) * 3;
                    expected.extend(
                        (start..start + 3).map(|value| if inside { image[value as usize] } else { 0.0 }),
                    );
                }
                assert_eq!(shifted, expected, "{down} down, {right} to the right");
            }
        }
    }

    #[test]
    fn all_offsets_are_drawn_equally_often() {
        let augment = Augment { crop_padding: 1, ..Augment::default() };
        let mut counts = std::collections::HashMap::new();
        for index in 0..9000 {
            let mut image = numbered();
            random_crop(&mut image, SIZE, &augment, 42, 0, index);
            // The middle of the image tells all nine offsets apart.
            *counts.entry(image[4 * 3] as u32).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 9);
        assert!(counts.values().all(|count| (880..1120).contains(count)), "{counts:?}");
    }
}
