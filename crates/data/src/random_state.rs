const STATE_WORDS: usize = 624;
const SHIFT: usize = 397;
const UPPER_BIT: u32 = 0x8000_0000;

/// NumPy's legacy `RandomState`, as far as scikit-learn's splitters use it: the same seed gives the same
/// permutations, bit for bit.
///
/// The generator is MT19937 of M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998);
/// shuffling and bounded integers follow NumPy's `_mtrand.pyx` and `random_interval`.
pub(crate) struct RandomState {
    words: [u32; STATE_WORDS],
    next: usize,
}

impl RandomState {
    pub(crate) fn new(seed: u32) -> Self {
        let mut words = [seed; STATE_WORDS];
        for index in 1..STATE_WORDS {
            let previous = words[index - 1];
            words[index] =
                (previous ^ (previous >> 30)).wrapping_mul(1_812_433_253).wrapping_add(index as u32);
        }
        Self { words, next: STATE_WORDS }
    }

    /// A random order of 0, 1, …, `count` − 1: `RandomState.permutation(count)`.
    pub(crate) fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        self.shuffle(&mut order);
        order
    }

    /// `size` of the items in random order: `RandomState.choice(items, size, replace=False)`.
    pub(crate) fn choice<T: Copy>(&mut self, items: &[T], size: usize) -> Vec<T> {
        self.permutation(items.len()).into_iter().take(size).map(|index| items[index]).collect()
    }

    /// Puts items into a random order in place: `RandomState.shuffle(items)`.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.at_most(last as u64);
            items.swap(last, other as usize);
        }
    }

    /// A uniform integer from 0 to `max`, both included, by masking and rejection.
    fn at_most(&mut self, max: u64) -> u64 {
        let mask = u64::MAX.checked_shr(max.leading_zeros()).unwrap_or(0);
        loop {
            let value =
                mask & if max <= u64::from(u32::MAX) { u64::from(self.word()) } else { self.two_words() };
            if value <= max {
                return value;
            }
        }
    }

    fn two_words(&mut self) -> u64 {
        let high = u64::from(self.word());
        high << 32 | u64::from(self.word())
    }

    fn word(&mut self) -> u32 {
        if self.next == STATE_WORDS {
            self.twist();
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn twist(&mut self) {
        for index in 0..STATE_WORDS {
            let following = self.words[(index + 1) % STATE_WORDS];
            let joined = (self.words[index] & UPPER_BIT) | (following & !UPPER_BIT);
            let matrix = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[index] = self.words[(index + SHIFT) % STATE_WORDS] ^ (joined >> 1) ^ matrix;
        }
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Every expected value was computed with NumPy's `RandomState`.

    #[test]
    fn words_are_numpys() {
        let mut random = RandomState::new(42);
        let words: Vec<u32> = (0..5).map(|_| random.word()).collect();
        assert_eq!(words, [1_608_637_542, 3_421_126_067, 4_083_286_876, 787_846_414, 3_143_890_026]);
    }

    #[test]
    fn permutations_are_numpys() {
        assert_eq!(RandomState::new(42).permutation(12), [10, 9, 0, 8, 5, 2, 1, 11, 4, 7, 3, 6]);
        assert_eq!(
            RandomState::new(u32::MAX).permutation(17),
            [8, 1, 5, 14, 10, 15, 16, 13, 11, 9, 6, 0, 4, 7, 12, 2, 3]
        );
        assert_eq!(RandomState::new(0).permutation(1), [0]);
        assert!(RandomState::new(0).permutation(0).is_empty());
    }

    #[test]
    fn draws_continue_where_the_last_one_ended() {
        let mut random = RandomState::new(7);
        assert_eq!(random.permutation(700)[..6], [595, 115, 424, 138, 236, 57]);
        let items: Vec<u8> = (10..20).collect();
        assert_eq!(random.choice(&items, 4), [14, 12, 13, 17]);
        assert_eq!(random.permutation(3), [1, 2, 0]);
    }
}
