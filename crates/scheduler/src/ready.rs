use std::{cmp::Reverse, collections::BTreeSet};

/// Stages whose inputs are there, in the order in which they should start: the longest path behind first,
/// then the order of the file.
#[derive(Default)]
pub(crate) struct ReadyQueue(BTreeSet<(Reverse<u32>, usize)>);

impl ReadyQueue {
    pub fn push(&mut self, index: usize, path_behind: u32) {
        self.0.insert((Reverse(path_behind), index));
    }

    /// Takes out the first stage for which `grant` hands something out.
    pub fn take<G>(&mut self, mut grant: impl FnMut(usize) -> Option<G>) -> Option<(usize, G)> {
        let (entry, granted) = self.0.iter().find_map(|entry| Some((*entry, grant(entry.1)?)))?;
        self.0.remove(&entry);
        Some((entry.1, granted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_path_first_then_the_order_of_the_file() {
        let mut queue = ReadyQueue::default();
        for (index, path_behind) in [(0, 1), (1, 3), (2, 3), (3, 2)] {
            queue.push(index, path_behind);
        }
        let order: Vec<usize> = std::iter::from_fn(|| queue.take(Some).map(|(index, _)| index)).collect();
        assert_eq!(order, [1, 2, 3, 0]);
    }

    #[test]
    fn one_that_does_not_fit_lets_others_pass_and_stays() {
        let mut queue = ReadyQueue::default();
        queue.push(0, 2);
        queue.push(1, 1);
        assert_eq!(queue.take(|index| (index == 1).then_some(())), Some((1, ())));
        assert_eq!(queue.take(|index| (index == 1).then_some(())), None);
        assert_eq!(queue.take(Some), Some((0, 0)));
    }
}
