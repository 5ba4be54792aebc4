use crate::random::{Purpose, Stream};

/// The order in which an epoch goes through `count` samples: as stored, or a permutation of its own.
///
/// The permutation is Fisher and Yates' (Durstenfeld's form), from the draws of (seed, epoch).
pub fn epoch_order(seed: u64, epoch: u32, count: u32, shuffle: bool) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    if shuffle {
        let mut stream = Stream::new(seed, epoch, 0, Purpose::Order);
        for last in (1..count).rev() {
            order.swap(last as usize, stream.below(last + 1) as usize);
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change here changes every training: raise the version of the training kinds with it.
    #[test]
    fn the_order_is_pinned() {
        assert_eq!(epoch_order(42, 0, 10, true), [1, 6, 9, 8, 0, 3, 4, 2, 7, 5]);
    }

    #[test]
    fn every_sample_comes_once_and_each_epoch_has_its_order() {
        let first = epoch_order(42, 0, 1000, true);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, epoch_order(42, 0, 1000, false));
        assert_ne!(first, sorted);
        assert_ne!(first, epoch_order(42, 1, 1000, true));
        assert_ne!(first, epoch_order(43, 0, 1000, true));
    }

    #[test]
    fn all_permutations_are_equally_likely() {
        let mut counts = std::collections::HashMap::new();
        for epoch in 0..6000 {
            *counts.entry(epoch_order(1, epoch, 3, true)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (880..1120).contains(count)), "{counts:?}");
    }

    #[test]
    fn none_and_one_are_no_special_cases() {
        assert!(epoch_order(42, 0, 0, true).is_empty());
        assert_eq!(epoch_order(42, 0, 1, true), [0]);
    }
}
