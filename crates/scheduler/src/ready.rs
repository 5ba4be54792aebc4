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
