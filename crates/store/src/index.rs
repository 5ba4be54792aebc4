use crate::{
    Digest, StoreError, atomic,
    index_file::{Entry, SortedEntries},
    lock::Lock,
    path_key::PathKey,
    stamp::{Stamp, now},
};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    sync::{
        OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Days after which an entry that was of no use is forgotten.
const FORGOTTEN_AFTER: u64 = 90;

/// Days between two notes that an entry was of use: a no-op must not write.
const NOTED_EVERY: u64 = 30;

/// The digests of files, remembered by path and [`Stamp`]. Losing it costs time, never a result.
#[derive(Default)]
pub(crate) struct Index {
    saved: OnceLock<SortedEntries>,
    /// What was learnt since, by key.
    learnt: RwLock<HashMap<PathKey, Entry>>,
    /// Whether there is something worth saving.
    changed: AtomicBool,
}

impl Index {
    /// The digest of the file at `key`, if `is_same` says of its stamp that it is still the same file.
    pub(crate) fn find(&self, file: &Path, key: PathKey, is_same: impl Fn(&Stamp) -> bool) -> Option<Digest> {
        let learnt = self.learnt.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(entry) = learnt {
            return is_same(&entry.stamp).then_some(entry.digest);
        }
        let entry = self.saved(file).find(&key).filter(|entry| is_same(&entry.stamp))?;
        if entry.used + NOTED_EVERY < today() {
            self.learn(key, Entry { used: today(), ..entry });
        }
        Some(entry.digest)
    }

    pub(crate) fn remember(&self, key: PathKey, stamp: Stamp, digest: Digest) {
        self.learn(key, Entry { stamp, digest, used: today() });
        self.changed.store(true, Ordering::Release);
    }

    /// Whether [`Index::save`] has anything to do.
    pub(crate) fn is_changed(&self) -> bool {
        self.changed.load(Ordering::Acquire)
    }

    /// Merges what was learnt over what `file` holds now, since other processes save to it too. Everything it speaks of
    /// must be on disk already.
    pub(crate) fn save(&self, file: &Path, temporary: &Path, locks: &Path) -> Result<(), StoreError> {
        let _alone = Lock::exclusive(locks, "index")?;
        self.changed.store(false, Ordering::Release);
        let oldest = today().saturating_sub(FORGOTTEN_AFTER);
        let mut entries: BTreeMap<PathKey, Entry> = read(file).iter().collect();
        entries.extend(self.learnt.read().unwrap_or_else(PoisonError::into_inner).iter());
        entries.retain(|_, entry| entry.used >= oldest);
        let written = atomic::replace(temporary, file, &SortedEntries::encode(entries.into_iter()));
        if written.is_err() {
            self.changed.store(true, Ordering::Release);
        }
        written
    }

    fn learn(&self, key: PathKey, entry: Entry) {
        self.learnt.write().unwrap_or_else(PoisonError::into_inner).insert(key, entry);
    }

    fn saved(&self, file: &Path) -> &SortedEntries {
        self.saved.get_or_init(|| read(file))
    }
}

fn read(file: &Path) -> SortedEntries {
    fs::read(file).ok().and_then(SortedEntries::decode).unwrap_or_default()
}

fn today() -> u64 {
    now().max(0) as u64 / 1_000_000_000 / 86_400
}
