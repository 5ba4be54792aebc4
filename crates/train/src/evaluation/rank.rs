/// How many classes come before `label`: those with a strictly higher score, and of those with an equal
/// score the ones with a lower index. So the label is among the best k if this is less than k.
pub(super) fn classes_before(scores: &[f64], label: usize) -> usize {
    let own = scores[label];
    let comes_before = |(class, &score): (usize, &f64)| score > own || (score == own && class < label);
    scores.iter().enumerate().filter(|&candidate| comes_before(candidate)).count()
}

/// The class that no other comes before.
pub(super) fn best_class(scores: &[f64]) -> usize {
    let better = |best: usize, class: usize| if scores[class] > scores[best] { class } else { best };
    (1..scores.len()).fold(0, better)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn higher_scores_come_first() {
        let scores = [0.1, 0.7, 0.2];
        let ranks: Vec<_> = (0..3).map(|label| classes_before(&scores, label)).collect();
        assert_eq!(ranks, [2, 0, 1]);
        assert_eq!(best_class(&scores), 1);
    }

    #[test]
    fn equal_scores_go_to_the_lower_index() {
        let scores = [0.5, 0.9, 0.9, 0.5];
        let ranks: Vec<_> = (0..4).map(|label| classes_before(&scores, label)).collect();
        assert_eq!(ranks, [2, 0, 1, 3]);
        assert_eq!(best_class(&scores), 1);
        assert_eq!(best_class(&[0.0, -0.0]), 0);
    }

    proptest! {
        #[test]
        fn ranks_are_a_permutation_that_begins_with_the_best(scores in prop::collection::vec((0..4u8).prop_map(f64::from), 1..12)) {
            let mut ranks: Vec<_> = (0..scores.len()).map(|label| classes_before(&scores, label)).collect();
            prop_assert_eq!(ranks[best_class(&scores)], 0);
            ranks.sort_unstable();
            prop_assert_eq!(ranks, (0..scores.len()).collect::<Vec<_>>());
        }
    }
}
