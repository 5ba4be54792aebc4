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
        self.keep_learnt();
    }

    /// What is worth saving, if anything is. It counts as saved from then on.
    pub(crate) fn take_learnt(&self) -> Option<HashMap<PathKey, Entry>> {
        let learnt = self.learnt.read().unwrap_or_else(PoisonError::into_inner);
        self.changed.swap(false, Ordering::AcqRel).then(|| learnt.clone())
    }

    /// Makes the next [`Index::take_learnt`] return everything again.
    pub(crate) fn keep_learnt(&self) {
        self.changed.store(true, Ordering::Release);
    }

    fn learn(&self, key: PathKey, entry: Entry) {
        self.learnt.write().unwrap_or_else(PoisonError::into_inner).insert(key, entry);
    }

    fn saved(&self, file: &Path) -> &SortedEntries {
        self.saved.get_or_init(|| read(file))
    }
}

/// Merges `learnt` over what `file` holds now, since other processes save to it too. Everything it speaks
/// of must be on disk already.
pub(crate) fn save(
    learnt: &HashMap<PathKey, Entry>,
    file: &Path,
    temporary: &Path,
    locks: &Path,
) -> Result<(), StoreError> {
    let _alone = Lock::exclusive(locks, "index")?;
    let oldest = today().saturating_sub(FORGOTTEN_AFTER);
    let mut entries: BTreeMap<PathKey, Entry> = read(file).iter().collect();
    entries.extend(learnt);
    entries.retain(|_, entry| entry.used >= oldest);
    atomic::replace(temporary, file, &SortedEntries::encode(entries.into_iter()))
}

fn read(file: &Path) -> SortedEntries {
    fs::read(file).ok().and_then(SortedEntries::decode).unwrap_or_default()
}

fn today() -> u64 {
    now().max(0) as u64 / 1_000_000_000 / 86_400
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{ffi::OsStr, path::PathBuf};

    const STAMP: Stamp = Stamp { inode: 1, size: 2, modified: 3, changed: 4 };

    struct Files {
        folder: tempfile::TempDir,
        index: PathBuf,
    }

    impl Files {
        fn new() -> Files {
            let folder = tempfile::tempdir().unwrap();
            let index = folder.path().join("index");
            Files { folder, index }
        }

        fn save(&self, index: &Index) {
            let learnt = index.learnt.read().unwrap().clone();
            save(&learnt, &self.index, self.folder.path(), &self.folder.path().join("locks")).unwrap();
        }

        fn find(&self, name: &str) -> Option<Digest> {
            Index::default().find(&self.index, key(name), |stamp| *stamp == STAMP)
        }
    }

    fn key(name: &str) -> PathKey {
        PathKey::of(Path::new(""), Path::new(OsStr::new(name)))
    }

    fn entry(days_ago: u64) -> Entry {
        Entry { stamp: STAMP, digest: Digest::of(b"content"), used: today() - days_ago }
    }

    #[test]
    fn what_was_of_no_use_for_long_is_forgotten_at_the_next_save() {
        let (files, index) = (Files::new(), Index::default());
        index.learn(key("old"), entry(FORGOTTEN_AFTER + 1));
        index.learn(key("recent"), entry(FORGOTTEN_AFTER - 1));
        files.save(&index);
        assert_eq!(files.find("old"), None);
        assert_eq!(files.find("recent"), Some(Digest::of(b"content")));
    }

    #[test]
    fn use_is_noted_but_is_no_reason_to_save() {
        let (files, index) = (Files::new(), Index::default());
        index.learn(key("a"), entry(NOTED_EVERY + 1));
        files.save(&index);
        let later = Index::default();
        assert!(later.find(&files.index, key("a"), |_| true).is_some());
        assert_eq!(later.take_learnt(), None);
        later.remember(key("b"), STAMP, Digest::of(b"b"));
        assert_eq!(later.take_learnt().unwrap().len(), 2);
        assert_eq!(later.take_learnt(), None);
        files.save(&later);
        assert_eq!(read(&files.index).find(&key("a")), Some(entry(0)));
    }

    #[test]
    fn another_stamp_is_another_file() {
        let index = Index::default();
        index.remember(key("a"), STAMP, Digest::of(b"a"));
        let missing = Path::new("");
        assert_eq!(index.find(missing, key("a"), |stamp| stamp.size == 7), None);
        assert_eq!(index.find(missing, key("b"), |_| true), None);
    }
}
