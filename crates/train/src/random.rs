//! Counter-based randomness: a draw is a pure function of (seed, epoch, sample index, purpose), so results do not
//! depend on thread count, batch order or resumption.
//!
//! The generator is Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

/// What draws are for. Every purpose has a sequence of its own, so that switching one on leaves the others alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Initial weights.
    Weights = 0,
    /// The order of the images in an epoch.
    Order = 1,
    /// Rotation, shift, shear and zoom of an image.
    Affine = 2,
    /// Mirroring of an image.
    Flip = 3,
    /// The window of a random crop.
    Crop = 4,
    /// The rectangle that is blanked out.
    Erase = 5,
    /// Partner and share of a mixed image.
    Mix = 6,
}

/// The sequence of draws that belongs to one (seed, epoch, sample index, purpose).
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 2],
    /// Block number, sample index, epoch, purpose.
    counter: [u32; 4],
    block: [u32; 4],
    /// Words of `block` already handed out.
    used: usize,
}

impl Stream {
    /// The sequence's beginning. `index` is the sample's index in its dataset, or whatever else tells sequences of
    /// one purpose and epoch apart.
    pub fn new(seed: u64, epoch: u32, index: u32, purpose: Purpose) -> Self {
        let counter = [0, index, epoch, purpose as u32];
        Self { key: [seed as u32, (seed >> 32) as u32], counter, block: [0; 4], used: 4 }
    }

    fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            self.block = philox4x32_10(self.counter, self.key);
            self.counter[0] = self.counter[0].wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) | u64::from(self.next_u32()) << 32
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform in [`low`, `high`).
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Beta(`shape`, `shape`) distributed, in [0, 1]; `shape` is above zero.
    ///
    /// From a t-distributed value by Bailey's method, as in Devroye, "Random variate generation in one line of
    /// code", 1996.
    pub fn symmetric_beta(&mut self, shape: f64) -> f64 {
        let spread = self.uniform().powf(-1.0 / shape) - 1.0;
        let cosine = (std::f64::consts::TAU * self.uniform()).cos();
        0.5 + 0.5 * cosine.signum() / (1.0 + 1.0 / (spread * cosine * cosine)).sqrt()
    }

    /// Uniform among the integers below `bound`, which is not zero; the bias is below `bound`·2⁻⁶⁴.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u32
    }
}

/// Ten rounds of Philox4x32: 128 random bits for a counter and a key.
fn philox4x32_10(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let first = u64::from(counter[0]) * 0xD251_1F53;
        let second = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (second >> 32) as u32 ^ counter[1] ^ key[0],
            second as u32,
            (first >> 32) as u32 ^ counter[3] ^ key[1],
            first as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers published with Random123 1.14 (`kat_vectors`).
    #[test]
    fn philox_gives_its_published_answers() {
        assert_eq!(philox4x32_10([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = u32::MAX;
        assert_eq!(philox4x32_10([ones; 4], [ones; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox4x32_10([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    /// A change here changes every training: raise the version of the training kinds with it.
    #[test]
    fn draws_are_pinned() {
        let mut stream = Stream::new(42, 3, 7, Purpose::Affine);
        let draws = [stream.uniform(), stream.uniform(), stream.uniform()];
        assert_eq!(draws, [0.744_148_576_779_696_3, 0.078_538_247_129_829_82, 0.991_359_668_119_178_7]);
        assert_eq!(Stream::new(42, 3, 7, Purpose::Affine).below(1000), (draws[0] * 1000.0) as u32);
    }

    #[test]
    fn every_part_of_the_address_counts() {
        let first = |seed, epoch, index, purpose| Stream::new(seed, epoch, index, purpose).next_u64();
        let draws = [
            first(1, 1, 1, Purpose::Affine),
            first(2, 1, 1, Purpose::Affine),
            first(1 | 1 << 32, 1, 1, Purpose::Affine),
            first(1, 2, 1, Purpose::Affine),
            first(1, 1, 2, Purpose::Affine),
            first(1, 1, 1, Purpose::Flip),
        ];
        for (position, draw) in draws.iter().enumerate() {
            assert!(!draws[..position].contains(draw), "draw {position} repeats an earlier one");
        }
    }

    /// Beta(a, a) has mean 1/2 and variance 1/(4(2a + 1)).
    #[test]
    fn symmetric_beta_draws_have_the_right_mean_variance_and_range() {
        for shape in [0.01, 0.2, 1.0, 3.0] {
            let draws: Vec<f64> = (0..20_000)
                .map(|index| Stream::new(5, 0, index, Purpose::Mix).symmetric_beta(shape))
                .collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            assert!(draws.iter().all(|draw| (0.0..=1.0).contains(draw)));
            assert!((mean - 0.5).abs() < 0.015, "shape {shape}: mean {mean}");
            let expected = 0.25 / (2.0 * shape + 1.0);
            assert!((variance / expected - 1.0).abs() < 0.04, "shape {shape}: variance {variance}");
        }
    }

    #[test]
    fn uniform_draws_have_the_right_mean_variance_and_range() {
        let draws: Vec<f64> =
            (0..20_000).map(|index| Stream::new(5, 0, index, Purpose::Flip).uniform_in(-2.0, 4.0)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(draws.iter().all(|draw| (-2.0..4.0).contains(draw)));
        assert!((mean - 1.0).abs() < 0.05, "mean {mean}");
        assert!((variance - 3.0).abs() < 0.1, "variance {variance}");
    }
}
