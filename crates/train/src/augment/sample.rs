use super::AffineParameters;
use crate::random::{Purpose, Stream};
use spec::kinds::Augment;

/// Draws the affine change of one sample in one epoch: rotation U(±r)°, shifts U(±s)·size, shear U(±h)°, zooms
/// U(1−z, 1+z), mirrored with probability 1/2.
///
/// Each value has its own place in the sequence of draws, so that changing one range leaves the others alone.
pub fn sample_affine(
    augment: &Augment,
    seed: u64,
    epoch: u32,
    index: u32,
    height: usize,
    width: usize,
) -> AffineParameters {
    let mut stream = Stream::new(seed, epoch, index, Purpose::Affine);
    let mut either_way = |range: f64| stream.uniform_in(-range, range);
    AffineParameters {
        rotation: either_way(augment.rotation),
        shift_x: either_way(augment.shift) * width as f64,
        shift_y: either_way(augment.shift) * height as f64,
        shear: either_way(augment.shear),
        zoom_x: 1.0 + either_way(augment.zoom),
        zoom_y: 1.0 + either_way(augment.zoom),
        flip: sample_flip(augment, seed, epoch, index),
    }
}

/// Draws whether one sample is mirrored in one epoch.
pub fn sample_flip(augment: &Augment, seed: u64, epoch: u32, index: u32) -> bool {
    augment.horizontal_flip && Stream::new(seed, epoch, index, Purpose::Flip).uniform() < 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> Augment {
        let affine = Augment { rotation: 18.0, zoom: 0.15, shift: 0.2, shear: 0.15, ..Augment::default() };
        Augment { horizontal_flip: true, ..affine }
    }

    fn draw(augment: &Augment, index: u32) -> AffineParameters {
        sample_affine(augment, 42, 3, index, 32, 64)
    }

    /// Mean and standard deviation of U(low, high) are (low + high)/2 and (high − low)/√12.
    fn assert_uniform(name: &str, low: f64, high: f64, value: impl Fn(&AffineParameters) -> f64) {
        let values: Vec<f64> = (0..10_000).map(|index| value(&draw(&everything(), index))).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
        let width = high - low;
        assert!(values.iter().all(|value| (low..high).contains(value)), "{name} leaves its range");
        assert!((mean - (low + high) / 2.0).abs() < 0.01 * width, "{name} has mean {mean}");
        assert!((variance.sqrt() / width - 12_f64.sqrt().recip()).abs() < 0.005, "{name}: {variance}");
    }

    #[test]
    fn every_parameter_is_uniform_in_its_range() {
        assert_uniform("rotation", -18.0, 18.0, |drawn| drawn.rotation);
        assert_uniform("shift of columns", -12.8, 12.8, |drawn| drawn.shift_x);
        assert_uniform("shift of rows", -6.4, 6.4, |drawn| drawn.shift_y);
        assert_uniform("shear", -0.15, 0.15, |drawn| drawn.shear);
        assert_uniform("zoom of columns", 0.85, 1.15, |drawn| drawn.zoom_x);
        assert_uniform("zoom of rows", 0.85, 1.15, |drawn| drawn.zoom_y);
    }

    #[test]
    fn half_of_the_images_are_mirrored() {
        let mirrored = (0..10_000).filter(|&index| draw(&everything(), index).flip).count();
        assert!((4800..5200).contains(&mirrored), "{mirrored} of 10,000");
    }

    #[test]
    fn parameters_are_independent_of_each_other() {
        let draws: Vec<_> = (0..10_000).map(|index| draw(&everything(), index)).collect();
        let correlation = draws.iter().map(|drawn| drawn.shift_x / 12.8 * drawn.shift_y / 6.4).sum::<f64>()
            / draws.len() as f64
            * 3.0;
        assert!(correlation.abs() < 0.03, "{correlation}");
    }

    #[test]
    fn switching_one_change_off_leaves_the_others_alone() {
        let without_rotation = Augment { rotation: 0.0, ..everything() };
        let expected = AffineParameters { rotation: 0.0, ..draw(&everything(), 7) };
        assert_eq!(draw(&without_rotation, 7), expected);
    }

    #[test]
    fn nothing_asked_for_is_nothing_changed() {
        assert_eq!(draw(&Augment::default(), 7), AffineParameters::default());
    }
}
