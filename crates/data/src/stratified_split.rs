use crate::random_state::RandomState;

/// Draws `held_out` of the samples with the classes in proportion: the indices that stay and those that are
/// held out, both in random order.
///
/// Exactly scikit-learn's `train_test_split(range(n), test_size=held_out, stratify=labels,
/// random_state=seed)`; see its `StratifiedShuffleSplit._iter_indices`. Labels are `0..classes`. Fails with
/// the reason where scikit-learn does.
pub(crate) fn stratified_split(
    labels: &[usize],
    classes: usize,
    held_out: usize,
    seed: u32,
) -> Result<(Vec<usize>, Vec<usize>), String> {
    let members = members_by_class(labels, classes);
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    check(&counts, labels.len(), held_out)?;

    let mut random = RandomState::new(seed);
    let kept_counts = approximate_mode(&counts, labels.len() - held_out, &mut random);
    let remaining: Vec<usize> = counts.iter().zip(&kept_counts).map(|(count, kept)| count - kept).collect();
    let held_out_counts = approximate_mode(&remaining, held_out, &mut random);

    let (mut kept, mut drawn) = (Vec::new(), Vec::new());
    for (class, members) in members.iter().enumerate() {
        let order = random.permutation(members.len());
        let mut shuffled = order.into_iter().map(|index| members[index]);
        kept.extend(shuffled.by_ref().take(kept_counts[class]));
        drawn.extend(shuffled.take(held_out_counts[class]));
    }
    random.shuffle(&mut kept);
    random.shuffle(&mut drawn);
    Ok((kept, drawn))
}

fn members_by_class(labels: &[usize], classes: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); classes];
    for (index, &label) in labels.iter().enumerate() {
        members[label].push(index);
    }
    members
}

fn check(counts: &[usize], samples: usize, held_out: usize) -> Result<(), String> {
    if let Some(class) = counts.iter().position(|&count| count < 2) {
        return Err(format!("class {class} has {} images; a stratified draw needs 2", counts[class]));
    }
    if held_out < counts.len() {
        return Err(format!("{held_out} images for {} classes is less than one each", counts.len()));
    }
    if held_out > samples || samples - held_out < counts.len() {
        return Err(format!("{held_out} of {samples} images would leave less than one for each class"));
    }
    Ok(())
}

/// The most probable outcome of drawing `draws` balls from urns of the given sizes, ties broken at random:
/// scikit-learn's `_approximate_mode`.
fn approximate_mode(counts: &[usize], draws: usize, random: &mut RandomState) -> Vec<usize> {
    let total = counts.iter().sum::<usize>() as f64;
    let shares: Vec<f64> = counts.iter().map(|&count| count as f64 / total * draws as f64).collect();
    let mut drawn: Vec<usize> = shares.iter().map(|share| share.floor() as usize).collect();
    let remainders: Vec<f64> = shares.iter().map(|share| share - share.floor()).collect();
    let mut missing = draws.saturating_sub(drawn.iter().sum());

    let mut largest_first = remainders.clone();
    largest_first.sort_by(|left, right| right.total_cmp(left));
    largest_first.dedup();
    for value in largest_first {
        if missing == 0 {
            break;
        }
        let tied: Vec<usize> = (0..counts.len()).filter(|&class| remainders[class] == value).collect();
        for class in random.choice(&tied, missing.min(tied.len())) {
            drawn[class] += 1;
            missing -= 1;
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    // Every expected value was computed with scikit-learn's `train_test_split`.

    fn digest(indices: &[usize]) -> String {
        let bytes = indices.iter().flat_map(|&index| (index as u32).to_le_bytes()).collect::<Vec<u8>>();
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn tiny_imagenet_split_is_the_published_one() {
        let labels: Vec<usize> = (0..100_000).map(|index| index / 500).collect();
        let (train, test) = stratified_split(&labels, 200, 10_000, 42).unwrap();
        assert_eq!(train[..4], [72583, 20850, 63269, 92681]);
        assert_eq!(test[..4], [95596, 62129, 73658, 98418]);
        assert_eq!(digest(&train), "30c3083c3405644433742036917d1781064e14500260bce819af265231c3da60");
        assert_eq!(digest(&test), "37eec85f462a4c199d460fd1b1d31342cb03f7d440ad6f833445e8148ebd1cfa");
    }

    #[test]
    fn small_classes_of_unequal_size_are_split_as_scikit_learn_does() {
        let labels: Vec<usize> = (0..20).map(|index| index % 4).collect();
        let (train, test) = stratified_split(&labels, 4, 7, 3).unwrap();
        assert_eq!(train, [15, 4, 5, 2, 1, 7, 17, 3, 16, 14, 8, 11, 18]);
        assert_eq!(test, [13, 10, 6, 0, 9, 12, 19]);

        let (train, test) = stratified_split(&[0, 1, 1, 2, 0, 1, 2, 2, 2, 1, 0, 2], 3, 5, 9).unwrap();
        assert_eq!(train, [6, 7, 9, 4, 1, 11, 0]);
        assert_eq!(test, [3, 5, 8, 2, 10]);
    }

    #[test]
    fn tied_remainders_are_broken_as_scikit_learn_does() {
        let square_class = [0, 1, 2, usize::MAX, 3];
        let labels: Vec<usize> = (0..1000).map(|index: usize| square_class[index * index % 7]).collect();
        let (train, test) = stratified_split(&labels, 4, 333, u32::MAX).unwrap();
        assert_eq!(digest(&train), "4b572135667fd5bba62306ed2a254ddd310cbe360432c51ca7786ff41e4ed83d");
        assert_eq!(digest(&test), "d78f4c5ac7ac4892dd327ec9309a82805fb38946094a49c6c57ee7768c90d36c");

        let labels: Vec<usize> =
            [10, 23, 8].iter().enumerate().flat_map(|(class, &count)| vec![class; count]).collect();
        let (train, test) = stratified_split(&labels, 3, 13, 1).unwrap();
        assert_eq!(digest(&train), "750e83d85abd6d34290fce2d85cead1c0f41c336ed613951a0c66abed4a705ff");
        assert_eq!(digest(&test), "cfe652ae663b402a87040d55fc965c40447cbfa243c1bd41a543733b568d1022");
    }

    #[test]
    fn impossible_splits_are_refused_with_the_reason() {
        let refuse = |labels: &[usize], classes, held_out| {
            stratified_split(labels, classes, held_out, 1).expect_err("must be refused")
        };
        assert_eq!(refuse(&[0, 0, 1], 2, 2), "class 1 has 1 images; a stratified draw needs 2");
        assert_eq!(refuse(&[0, 0, 1, 1], 2, 1), "1 images for 2 classes is less than one each");
        assert_eq!(refuse(&[0, 0, 1, 1], 2, 3), "3 of 4 images would leave less than one for each class");
        assert_eq!(refuse(&[0, 0, 1, 1], 2, 5), "5 of 4 images would leave less than one for each class");
    }
}
