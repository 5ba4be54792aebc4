use crate::{ActionRecord, Digest, Store, StoreError, lock::Lock};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What [`Store::begin`] finds.
#[derive(Debug)]
pub enum Begin {
    /// Somebody has produced it meanwhile.
    Done(Box<ActionRecord>),
    /// It is to be produced, by the caller alone.
    Work(Claim),
}

/// The exclusive right to produce a key, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct Claim {
    pub(crate) store: Store,
    pub(crate) key: Digest,
    directory: PathBuf,
    _lock: Lock,
}

impl Store {
    /// Claims `key`, waiting while another process or thread has it; most often the result is then there.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin(&self, key: &Digest) -> Result<Begin, StoreError> {
        self.create()?;
        let lock = Lock::exclusive(&self.inner.layout.locks(), &key.to_hex())?;
        self.begin_locked(key, lock)
    }

    /// As [`Store::begin`], but `None` instead of waiting.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn try_begin(&self, key: &Digest) -> Result<Option<Begin>, StoreError> {
        self.create()?;
        match Lock::try_exclusive(&self.inner.layout.locks(), &key.to_hex())? {
            Some(lock) => self.begin_locked(key, lock).map(Some),
            None => Ok(None),
        }
    }

    /// Claims `key` to produce it even if it was produced before; `None` while another has it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn try_begin_again(&self, key: &Digest) -> Result<Option<Claim>, StoreError> {
        self.create()?;
        match Lock::try_exclusive(&self.inner.layout.locks(), &key.to_hex())? {
            Some(lock) => self.claim(key, lock).map(Some),
            None => Ok(None),
        }
    }

    /// Where the stage of `key` works, or has worked if it failed.
    pub fn stage_directory(&self, key: &Digest) -> PathBuf {
        self.inner.layout.stage(key)
    }

    /// The keys of stage directories that nobody works in: those of failed stages, and of killed runs.
    pub fn abandoned_stages(&self) -> Vec<Digest> {
        let Ok(entries) = fs::read_dir(self.inner.layout.stages()) else { return Vec::new() };
        let locks = self.inner.layout.locks();
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|key: &Digest| !Lock::is_held(&locks, &key.to_hex()))
            .collect()
    }

    fn begin_locked(&self, key: &Digest, lock: Lock) -> Result<Begin, StoreError> {
        match self.action(key).filter(|action| self.has_outputs(action)) {
            Some(action) => Ok(Begin::Done(Box::new(action))),
            None => self.claim(key, lock).map(Begin::Work),
        }
    }

    fn claim(&self, key: &Digest, lock: Lock) -> Result<Claim, StoreError> {
        let directory = self.inner.layout.stage(key);
        let _no_collection = self.keep_collection_out()?;
        self.inner.stage_folders.hand_out(&directory)?;
        Ok(Claim { store: self.clone(), key: *key, directory, _lock: lock })
    }
}

impl Claim {
    /// The folder to work in: `.pipeline/stages/<key>/`, at first empty but for, perhaps, empty folders
    /// `inputs` and `outputs`, and for what an earlier attempt has left in [`crate::PARTIAL`]. It is removed by [`Claim::commit`] and kept otherwise, for inspection.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Gives the key back without a result.
    pub fn abandon(self) {}
}

impl Drop for Claim {
    fn drop(&mut self) {
        // One that holds something stays, to tell why its stage failed.
        self.store.inner.stage_folders.remove_if_empty(&self.directory);
    }
}
