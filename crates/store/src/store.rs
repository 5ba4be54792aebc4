use crate::{
    ActionRecord, Digest, FORMAT, StoreError, StoredOutput,
    document::read_stamped,
    durability::Durability,
    file_digests::{FileDigests, Owner},
    in_use::InUse,
    index::{self, Index},
    index_file::Entry,
    layout::Layout,
    lock::Lock,
    path_key::PathKey,
    stage_folders::StageFolders,
    stamp::Stamp,
};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The lock that commits share and a collection has alone.
pub(crate) const COLLECTION: &str = "collection";

/// The store of a project. Cheap to clone; clones are the same store.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Store").field(&self.root()).finish()
    }
}

pub(crate) struct Inner {
    pub(crate) project_root: PathBuf,
    pub(crate) layout: Layout,
    pub(crate) index: Index,
    index_file: PathBuf,
    pub(crate) durability: Durability,
    created: Mutex<bool>,
    pub(crate) stage_folders: StageFolders,
    pub(crate) in_use: Mutex<Option<InUse>>,
    warnings: Mutex<Vec<String>>,
}

impl Store {
    /// The store of the project at `project_root`. Only reads; the first write makes the folder.
    ///
    /// # Errors
    /// [`StoreError::NewerFormat`] if a newer version of this program has written it.
    pub fn open(project_root: &Path) -> Result<Store, StoreError> {
        let layout = Layout { root: project_root.join(".pipeline") };
        let warnings = Mutex::new(layout.check_format()?.into_iter().collect());
        let inner = Inner {
            project_root: project_root.to_owned(),
            index_file: layout.index(),
            index: Index::default(),
            durability: Durability::default(),
            created: Mutex::new(false),
            stage_folders: StageFolders::new(layout.temporary()),
            layout,
            in_use: Mutex::new(None),
            warnings,
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// The folder `.pipeline`.
    pub fn root(&self) -> &Path {
        &self.inner.layout.root
    }

    /// The digest of a file or folder of the user's, links followed. A folder's is taken over the names,
    /// the executable bits and the digests of what lies in it. What has not changed since it was last
    /// digested is not read.
    ///
    /// # Errors
    /// When it does not exist, cannot be read, is neither a file nor a folder, or changes all the while.
    pub fn digest_path(&self, path: &Path) -> Result<Digest, StoreError> {
        let key = PathKey::of(&self.inner.project_root, path);
        Ok(self.digests(Owner::User).content(path, key)?.digest)
    }

    /// What `key` produced, if the store knows. A damaged record counts as none, with a warning.
    pub fn action(&self, key: &Digest) -> Option<ActionRecord> {
        let path = self.inner.layout.action(key);
        match read_stamped::<ActionRecord>(&path, FORMAT) {
            Ok(Some((action, _))) if action.key != *key => {
                self.warn(format!("'{}' belongs to another key; its stage runs again", path.display()));
                None
            }
            Ok(Some((action, _))) if !action.outputs.values().all(StoredOutput::stays_inside) => {
                self.warn(format!(
                    "'{}' names a file outside its folder; its stage runs again",
                    path.display()
                ));
                None
            }
            Ok(read) => read.map(|(action, stamp)| ActionRecord { stamp: Some(stamp), ..action }),
            Err(error) => {
                self.warn(format!("{error}; its stage runs again"));
                None
            }
        }
    }

    /// The stamp of the file that [`Store::action`] would read. As long as it is the one of an action that
    /// was read, that action still stands.
    pub fn action_stamp(&self, key: &Digest) -> Option<Stamp> {
        fs::metadata(self.inner.layout.action(key)).ok().map(|metadata| Stamp::of(&metadata))
    }

    /// Where the object lies if the store has it.
    pub fn object_path(&self, digest: &Digest) -> PathBuf {
        self.inner.layout.object(digest)
    }

    /// Waits until everything in the store is on disk.
    ///
    /// # Errors
    /// When the disk reports a fault.
    pub fn sync(&self) -> Result<(), StoreError> {
        if self.root().exists() { self.inner.durability.sync(self.root()) } else { Ok(()) }
    }

    /// Saves the digests of files that were taken, if there are new ones, once all else is on disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_index(&self) -> Result<(), StoreError> {
        // Only what was learnt before the sync is known to be on disk after it.
        let Some(learnt) = self.inner.index.take_learnt() else { return Ok(()) };
        let saved = self.save(&learnt);
        if saved.is_err() {
            self.inner.index.keep_learnt();
        }
        saved
    }

    fn save(&self, learnt: &HashMap<PathKey, Entry>) -> Result<(), StoreError> {
        self.create()?;
        let _no_collection = self.keep_collection_out()?;
        self.inner.stage_folders.clear();
        self.sync()?;
        let layout = &self.inner.layout;
        index::save(learnt, &self.inner.index_file, &layout.temporary(), &layout.locks())
    }

    /// What people should know of what was found so far; each is returned once.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.inner.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn warn(&self, warning: String) {
        let mut warnings = self.inner.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    pub(crate) fn digests(&self, owner: Owner) -> FileDigests<'_> {
        FileDigests { index: &self.inner.index, index_file: &self.inner.index_file, owner }
    }

    /// Takes the lock `name` of this project, unless a process holds it; `None` then.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn try_lock(&self, name: &str) -> Result<Option<Lock>, StoreError> {
        self.create()?;
        Lock::try_exclusive(&self.inner.layout.locks(), name)
    }

    /// Keeps objects from being collected while one is stored, or restored.
    pub(crate) fn keep_collection_out(&self) -> Result<Lock, StoreError> {
        Lock::shared(&self.inner.layout.locks(), COLLECTION)
    }

    /// Makes the folder, before the first write of this process.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        let mut created = self.inner.created.lock().unwrap_or_else(PoisonError::into_inner);
        if !*created {
            self.inner.layout.create()?;
            *created = true;
        }
        Ok(())
    }
}
