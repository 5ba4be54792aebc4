use super::{
    inventory::{Candidate, Inventory},
    report::{GcItem, GcReport},
    roots::Roots,
};
use crate::Digest;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

/// Decides what goes: actions first and objects last, so that no action is ever left without its objects.
pub(super) fn mark(inventory: Inventory, roots: &Roots, now: SystemTime) -> GcReport {
    let Inventory { candidates, checkpoints, of_actions, objects, rubbish, in_use, .. } = inventory;
    let mut sizes: BTreeMap<Digest, u64> =
        objects.iter().map(|(digest, object)| (*digest, object.bytes)).collect();
    for checkpoint in &checkpoints {
        *sizes.entry(checkpoint.key).or_default() += checkpoint.item.bytes;
    }
    let mut kept =
        Kept { roots, now, sizes, digests: BTreeSet::new(), bytes: inventory.bytes_at_work, is_full: false };
    kept.add(roots.objects.union(&in_use));
    // What a training at work has written is no action's yet, nor what one that was stopped has left.
    let is_unfinished = |checkpoint: &&Candidate| {
        roots.spares_checkpoints && !of_actions.contains(&checkpoint.key)
            || inventory.at_work_since.is_some_and(|since| checkpoint.time >= since)
    };
    kept.add(checkpoints.iter().filter(is_unfinished).map(|checkpoint| &checkpoint.key));

    let is_named = |candidate: &Candidate| {
        roots.keys.contains(&candidate.key)
            || candidate.run.as_ref().is_some_and(|run| roots.runs.contains(run))
    };
    let (named, unnamed): (Vec<_>, Vec<_>) = newest_first(candidates).into_iter().partition(is_named);
    for candidate in named {
        kept.bytes += candidate.item.bytes;
        kept.add(&candidate.needs);
    }
    let mut removed = kept.refuse(unnamed);
    let unneeded = newest_first(checkpoints).into_iter().filter(|one| !kept.digests.contains(&one.key));
    let unneeded = unneeded.collect();
    removed.extend(kept.refuse(unneeded));
    removed.extend(rubbish);
    removed.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
    removed.extend(
        objects.into_iter().filter(|(digest, _)| !kept.digests.contains(digest)).map(|(_, item)| item),
    );
    GcReport { removed, kept_bytes: kept.bytes }
}

fn newest_first(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by_key(|candidate| Reverse(candidate.time));
    candidates
}

/// What stays, as far as it is decided.
struct Kept<'a> {
    roots: &'a Roots,
    now: SystemTime,
    /// The bytes of each object, and of the checkpoints at each point of a trajectory.
    sizes: BTreeMap<Digest, u64>,
    digests: BTreeSet<Digest>,
    bytes: u64,
    /// Whether something was too large for what the limit leaves; nothing older stays then.
    is_full: bool,
}

impl Kept<'_> {
    fn add<'a>(&mut self, digests: impl IntoIterator<Item = &'a Digest>) {
        for digest in digests {
            if self.digests.insert(*digest) {
                self.bytes += self.size_of(digest);
            }
        }
    }

    /// Keeps those that are within the limits, if there are any, and returns the others.
    fn refuse(&mut self, newest_first: Vec<Candidate>) -> Vec<GcItem> {
        let mut refused = Vec::new();
        for candidate in newest_first {
            let new: BTreeSet<_> =
                candidate.needs.iter().filter(|digest| !self.digests.contains(digest)).collect();
            let bytes =
                candidate.item.bytes + new.into_iter().map(|digest| self.size_of(digest)).sum::<u64>();
            self.is_full |= self.roots.within_bytes.is_some_and(|limit| self.bytes + bytes > limit);
            if self.roots.has_limits() && !self.is_full && self.is_young(&candidate) {
                self.bytes += candidate.item.bytes;
                self.add(&candidate.needs);
            } else {
                refused.push(candidate.item);
            }
        }
        refused
    }

    fn size_of(&self, digest: &Digest) -> u64 {
        self.sizes.get(digest).copied().unwrap_or_default()
    }

    fn is_young(&self, candidate: &Candidate) -> bool {
        // One from the future is young.
        let age = self.now.duration_since(candidate.time).unwrap_or_default();
        self.roots.younger_than.is_none_or(|limit| age < limit)
    }
}
