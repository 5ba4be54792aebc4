/// The known name that a misspelt one most likely means, if any is near: at most a third of the letters
/// differ, by replacing, inserting, leaving out or swapping neighbours.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let allowed = (name.len() / 3).max(1);
    known
        .filter_map(|candidate| {
            let letters: Vec<char> = candidate.to_lowercase().chars().collect();
            let is_near = letters.len().abs_diff(name.len()) <= allowed;
            let distance = if is_near { edit_distance(&name, &letters) } else { usize::MAX };
            (distance <= allowed).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: Levenshtein's plus swaps of neighbours.
fn edit_distance(left: &[char], right: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, &from) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &to) in right.iter().enumerate() {
            let mut best = (last[j] + usize::from(from != to)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from == right[j - 1] && left[i - 1] == to {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_likely_name() {
        let known = ["epochs", "lr", "batch_size", "train"];
        assert_eq!(nearest("epoch", known.into_iter()), Some("epochs"));
        assert_eq!(nearest("rl", known.into_iter()), Some("lr"));
        assert_eq!(nearest("batchsize", known.into_iter()), Some("batch_size"));
        assert_eq!(nearest("Train", known.into_iter()), Some("train"));
        assert_eq!(nearest("optimiser", known.into_iter()), None);
    }
}
