use super::{
    inventory::Inventory,
    mark::mark,
    report::{GcItem, GcItemKind, GcReport},
    roots::Roots,
};
use crate::{Store, StoreError, lock::Lock, remove::remove, store::COLLECTION};
use std::time::SystemTime;

/// A collection that has begun. Commits and restorations wait until it is finished or dropped, so that what its
/// caller finds out about runs still holds when it is finished.
#[derive(Debug)]
pub struct Collection<'a> {
    store: &'a Store,
    is_dry_run: bool,
    _alone: Option<Lock>,
}

impl<'a> Collection<'a> {
    /// With `dry_run` nobody has to wait, and nothing will be removed.
    ///
    /// # Errors
    /// When the lock cannot be taken.
    pub fn begin(store: &'a Store, dry_run: bool) -> Result<Self, StoreError> {
        let is_alone = !dry_run && store.root().exists();
        let lock = is_alone.then(|| Lock::exclusive(&store.inner.layout.locks(), COLLECTION)).transpose()?;
        Ok(Self { store, is_dry_run: dry_run, _alone: lock })
    }

    /// Removes what neither `roots` nor a stage at work needs, and says what; a dry run only says. Killed half-way
    /// it leaves objects that the next collection removes.
    ///
    /// # Errors
    /// [`StoreError::NewerFormat`] if a newer version has written to the store, and when something cannot be
    /// read or removed.
    pub fn finish(self, roots: &Roots) -> Result<GcReport, StoreError> {
        if !self.store.root().exists() {
            return Ok(GcReport::default());
        }
        let mut report = mark(Inventory::take(self.store, roots)?, roots, SystemTime::now());
        if !self.is_dry_run {
            let mut removed = Vec::new();
            for item in report.removed {
                if sweep(self.store, &item)? {
                    removed.push(item);
                }
            }
            report.removed = removed;
        }
        Ok(report)
    }
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
