/// A number in [0, 1) that follows from the seed, the name and the number of the draw alone: another name, or
/// more draws, change no draw.
pub(super) fn share(seed: u64, name: &str, draw: u64) -> f64 {
    let named = name.bytes().fold(seed, |state, byte| mix(state ^ u64::from(byte)));
    (mix(named ^ mix(draw)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Where `share` falls among `count` things.
pub(super) fn index(share: f64, count: u64) -> u64 {
    ((share * count as f64) as u64).min(count.saturating_sub(1))
}

/// One step of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fill_the_unit_interval_evenly() {
        let mut counts = [0_u32; 10];
        for draw in 0..10_000 {
            counts[index(share(7, "lr", draw), 10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
        assert_ne!(share(1, "lr", 0), share(2, "lr", 0));
        assert_ne!(share(1, "lr", 0), share(1, "seed", 0));
    }
}
