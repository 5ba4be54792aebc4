use super::rectangle::Rectangle;
use crate::random::{Purpose, Stream};
use spec::kinds::Augment;

/// How the images of one batch are mixed with each other: the first with the last, the second with the last but
/// one, and so on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mix {
    /// share·image + (1 − share)·partner: Zhang et al., "mixup: beyond empirical risk minimization", 2018.
    Blend {
        /// The share of the image itself.
        share: f32,
    },
    /// A rectangle of the partner is pasted into the image: Yun et al., "CutMix", 2019.
    Paste {
        /// What comes from the partner.
        rectangle: Rectangle,
        /// The share of the image itself.
        share: f32,
    },
}

impl Mix {
    /// Draws how the batch of one step is mixed, if at all, for images of `size` (height and width).
    pub fn sample(augment: &Augment, seed: u64, epoch: u32, step: u32, size: [usize; 2]) -> Option<Self> {
        let mut stream = Stream::new(seed, epoch, step, Purpose::Mix);
        let blend = match (augment.mixup > 0.0, augment.cutmix > 0.0) {
            (false, false) => return None,
            (true, true) => stream.uniform() < 0.5,
            (mixup, _) => mixup,
        };
        if blend {
            return Some(Self::Blend { share: stream.symmetric_beta(augment.mixup) as f32 });
        }
        let side = (1.0 - stream.symmetric_beta(augment.cutmix)).sqrt();
        let sides = size.map(|pixels| (pixels as f64 * side) as usize);
        let centre = size.map(|pixels| stream.below(pixels as u32) as usize);
        let rectangle = Rectangle::around(centre, sides, size);
        // The edges may have cut the rectangle, so that the share is that of what is left.
        let share = 1.0 - rectangle.area() as f32 / (size[0] * size[1]) as f32;
        Some(Self::Paste { rectangle, share })
    }

    /// The share of an image's own label; the rest is its partner's.
    pub fn share(&self) -> f32 {
        match *self {
            Self::Blend { share } | Self::Paste { share, .. } => share,
        }
    }

    /// Mixes a batch, f32 `[N, height, width, 3]`, of images that have `values` values and are `width` wide.
    pub fn apply(&self, batch: &mut [f32], values: usize, width: usize) {
        let (mut front, mut back) = (0, batch.len());
        // An image in the middle is its own partner and stays as it is.
        while front + values < back {
            back -= values;
            let (left, right) = batch.split_at_mut(back);
            self.mix_pair(&mut left[front..front + values], &mut right[..values], width);
            front += values;
        }
    }

    fn mix_pair(&self, first: &mut [f32], second: &mut [f32], width: usize) {
        match *self {
            Self::Blend { share } => {
                for (first, second) in first.iter_mut().zip(second) {
                    let (own, partner) = (*first, *second);
                    *first = share * own + (1.0 - share) * partner;
                    *second = share * partner + (1.0 - share) * own;
                }
            }
            Self::Paste { rectangle, .. } => {
                for values in rectangle.rows(width) {
                    first[values.clone()].swap_with_slice(&mut second[values]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [usize; 2] = [32, 24];

    fn draw(augment: &Augment, step: u32) -> Option<Mix> {
        Mix::sample(augment, 42, 0, step, SIZE)
    }

    #[test]
    fn blending_mixes_partners_by_their_shares() {
        let mut batch = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0, 100.0, 101.0, 102.0];
        Mix::Blend { share: 0.75 }.apply(&mut batch, 3, 1);
        assert_eq!(batch, [25.0, 26.0, 27.0, 10.0, 11.0, 12.0, 75.0, 76.0, 77.0]);
    }

    #[test]
    fn pasting_exchanges_the_rectangle() {
        // Two images of one row and two pixels; the right pixel is exchanged.
        let mut batch = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0];
        let rectangle = Rectangle { top: 0, left: 1, height: 1, width: 1 };
        Mix::Paste { rectangle, share: 0.5 }.apply(&mut batch, 6, 2);
        assert_eq!(batch, [0.0, 1.0, 2.0, 13.0, 14.0, 15.0, 10.0, 11.0, 12.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn shares_are_beta_distributed() {
        let augment = Augment { mixup: 0.2, ..Augment::default() };
        let shares: Vec<f64> =
            (0..5000).filter_map(|step| draw(&augment, step)).map(|mix| f64::from(mix.share())).collect();
        let mean = shares.iter().sum::<f64>() / 5000.0;
        let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / 5000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        assert!((variance - 0.25 / 1.4).abs() < 0.01, "{variance}");
    }

    #[test]
    fn a_pasted_rectangle_has_the_share_that_its_area_says() {
        let augment = Augment { cutmix: 1.0, ..Augment::default() };
        for step in 0..500 {
            let Some(Mix::Paste { rectangle, share }) = draw(&augment, step) else { panic!("not pasted") };
            assert!(
                rectangle.top + rectangle.height <= SIZE[0] && rectangle.left + rectangle.width <= SIZE[1]
            );
            assert!((share - (1.0 - rectangle.area() as f32 / 768.0)).abs() < 1e-6);
        }
    }

    #[test]
    fn a_batch_is_mixed_one_way_or_not_at_all() {
        assert_eq!(draw(&Augment::default(), 0), None);
        let both = Augment { mixup: 0.2, cutmix: 1.0, ..Augment::default() };
        let blended = (0..1000).filter(|&step| matches!(draw(&both, step), Some(Mix::Blend { .. }))).count();
        assert!((430..570).contains(&blended), "{blended} of 1,000");
    }
}
