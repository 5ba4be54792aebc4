use super::{
    inventory::{Candidate, Inventory},
    report::{GcItem, GcItemKind, GcReport},
    roots::Roots,
};
use crate::{Digest, Store, StoreError, lock::Lock, remove::remove, store::COLLECTION};
use std::{cmp::Reverse, collections::BTreeSet, time::SystemTime};

/// Removes what neither `roots` nor a stage at work needs, and says what. With `dry_run` it only says.
///
/// Commits and restorations wait meanwhile. Killed half-way it leaves objects that the next collection
/// removes.
///
/// # Errors
/// [`StoreError::NewerFormat`] if a newer version has written to the store, and when something cannot be
/// read or removed.
pub fn gc(store: &Store, roots: &Roots, dry_run: bool) -> Result<GcReport, StoreError> {
    if !store.root().exists() {
        return Ok(GcReport::default());
    }
    let locks = store.inner.layout.locks();
    let _alone = if dry_run { None } else { Some(Lock::exclusive(&locks, COLLECTION)?) };
    let mut report = mark(Inventory::take(store, roots)?, roots, SystemTime::now());
    if !dry_run {
        let mut removed = Vec::new();
        for item in report.removed {
            if sweep(store, &item)? {
                removed.push(item);
            }
        }
        report.removed = removed;
    }
    Ok(report)
}

/// Whether it was removed: a stage may have begun again in the folder of one that failed.
fn sweep(store: &Store, item: &GcItem) -> Result<bool, StoreError> {
    let _at_work = match item.kind {
        GcItemKind::Stage => match Lock::try_exclusive(&store.inner.layout.locks(), &item.name)? {
            Some(lock) => Some(lock),
            None => return Ok(false),
        },
        _ => None,
    };
    remove(&item.path).map(|()| true)
}

/// Decides what goes: actions first and objects last, so that no action is ever left without its objects.
fn mark(inventory: Inventory, roots: &Roots, now: SystemTime) -> GcReport {
    let Inventory { mut candidates, objects, rubbish, in_use, bytes_at_work, at_work_since } = inventory;
    candidates.sort_by_key(|candidate| Reverse(candidate.time));
    let (named, unnamed): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|candidate| is_named(candidate, roots, at_work_since));

    let size_of = |digest: &Digest| objects.get(digest).map_or(0, |object| object.bytes);
    let mut kept: BTreeSet<Digest> = roots.objects.union(&in_use).copied().collect();
    kept.extend(named.iter().flat_map(|candidate| &candidate.objects));
    let mut kept_bytes = bytes_at_work
        + kept.iter().map(size_of).sum::<u64>()
        + named.iter().map(|candidate| candidate.item.bytes).sum::<u64>();

    let mut removed = Vec::new();
    let mut is_full = false;
    for candidate in unnamed {
        let new: BTreeSet<Digest> =
            candidate.objects.iter().filter(|digest| !kept.contains(digest)).copied().collect();
        let bytes = kept_bytes + candidate.item.bytes + new.iter().map(size_of).sum::<u64>();
        is_full |= roots.within_bytes.is_some_and(|limit| bytes > limit);
        if roots.has_limits() && !is_full && is_young(&candidate, roots, now) {
            kept.extend(new);
            kept_bytes = bytes;
        } else {
            removed.push(candidate.item);
        }
    }
    removed.extend(rubbish);
    removed.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
    removed.extend(objects.into_iter().filter(|(digest, _)| !kept.contains(digest)).map(|(_, item)| item));
    GcReport { removed, kept_bytes }
}

fn is_named(candidate: &Candidate, roots: &Roots, at_work_since: Option<SystemTime>) -> bool {
    match candidate.item.kind {
        // What a training at work has written is no run's yet.
        GcItemKind::Checkpoint => {
            roots.checkpoints.contains(&candidate.item.name)
                || at_work_since.is_some_and(|since| candidate.time >= since)
        }
        _ => {
            candidate.key.is_some_and(|key| roots.keys.contains(&key))
                || candidate.run.as_ref().is_some_and(|run| roots.runs.contains(run))
        }
    }
}

fn is_young(candidate: &Candidate, roots: &Roots, now: SystemTime) -> bool {
    // One from the future is young.
    let age = now.duration_since(candidate.time).unwrap_or_default();
    roots.younger_than.is_none_or(|limit| age < limit)
}
