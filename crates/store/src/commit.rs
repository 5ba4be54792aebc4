use crate::{
    ActionRecord, Claim, Digest, FORMAT, Made, Store, StoreError, StoredOutput, atomic,
    copy::copy_entry,
    document,
    layout::create_folder,
    seal::{Sealed, seal},
    tree::EntryKind,
};
use std::{collections::BTreeMap, fs, io, path::Path};

impl Claim {
    /// Moves the outputs into the store, records what the key has produced, and removes the stage's
    /// folder. The newest result of a key replaces an older one. Outputs that lie elsewhere than in that
    /// folder may stay there, too.
    ///
    /// # Errors
    /// When an output is missing, is still written to, or cannot be stored. Nothing is recorded then, and
    /// the stage's folder stays.
    pub fn commit(self, made: Made) -> Result<ActionRecord, StoreError> {
        let store = &self.store;
        let layout = &store.inner.layout;
        let _no_collection = store.keep_collection_out()?;
        let mut outputs = BTreeMap::new();
        for (name, path, file) in made.outputs {
            outputs.insert(name, store.store_output(&path, file)?);
        }
        let log = made.log.map(|log| store.store_log(&log)).transpose()?.flatten();
        let mut action = ActionRecord {
            format: FORMAT,
            key: self.key,
            key_document: made.key_document,
            outputs,
            metrics: made.metrics,
            seconds: made.seconds,
            finished: made.finished,
            run: made.run,
            provenance: made.provenance,
            log,
            checkpoints: made.checkpoints,
            passed_checkpoints: made.passed_checkpoints,
            stamp: None,
        };
        let path = layout.action(&self.key);
        atomic::replace(&layout.temporary(), &path, &document::encode(&path, &action)?)?;
        action.stamp = store.action_stamp(&self.key);
        store.inner.stage_folders.take_back(self.directory())?;
        store.inner.durability.sync_if_due(store.root())?;
        Ok(action)
    }
}

impl Store {
    /// Whether all outputs of `action` are in the store, whole.
    pub fn has_outputs(&self, action: &ActionRecord) -> bool {
        action.outputs.values().all(|output| self.has_object(&output.digest))
    }

    /// Moves the file or folder at `path` into the store.
    fn store_output(&self, path: &Path, file: String) -> Result<StoredOutput, StoreError> {
        let sealed = seal(path)?;
        let content = sealed.content;
        self.put(path, &sealed)?;
        Ok(StoredOutput {
            digest: content.digest,
            size: content.size,
            is_directory: content.kind == EntryKind::Folder,
            executable: content.kind == EntryKind::Executable,
            file,
        })
    }

    /// Copies a log into the store; an empty one is none.
    fn store_log(&self, log: &Path) -> Result<Option<StoredOutput>, StoreError> {
        let failed = |error| StoreError::reading("read", log, error);
        if fs::metadata(log).map_err(failed)?.len() == 0 {
            return Ok(None);
        }
        let folder = tempfile::tempdir_in(self.inner.layout.temporary()).map_err(failed)?;
        let copy = folder.path().join("log");
        copy_entry(log, &copy)?;
        self.store_output(&copy, "log".to_owned()).map(Some)
    }

    fn put(&self, path: &Path, sealed: &Sealed) -> Result<(), StoreError> {
        let digest = sealed.content.digest;
        match self.digest_of_object(&digest) {
            Ok(found) if found == digest => return Ok(()),
            Err(error) if error.is_not_found() => {}
            _ => drop(self.move_aside(&digest)?),
        }
        if !self.move_to_objects(path, &digest)? {
            return Ok(());
        }
        let key = self.object_key(&digest);
        for (relative, stamp, digest) in &sealed.files {
            self.inner.index.remember(key.descendant(relative), *stamp, *digest);
        }
        Ok(())
    }

    /// Whether it was moved there; `false` if another process has just stored the same folder.
    fn move_to_objects(&self, path: &Path, digest: &Digest) -> Result<bool, StoreError> {
        let object = self.object_path(digest);
        let mut renamed = fs::rename(path, &object);
        if renamed.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            create_folder(atomic::folder_of(&object))?;
            renamed = fs::rename(path, &object);
        }
        match renamed {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => self.copy_to_objects(path, digest),
            Err(error) => Err(StoreError::writing("store", path, error)),
        }
    }

    fn copy_to_objects(&self, path: &Path, digest: &Digest) -> Result<bool, StoreError> {
        let failed = |error| StoreError::writing("store", path, error);
        let folder = tempfile::tempdir_in(self.inner.layout.temporary()).map_err(failed)?;
        let copy = folder.path().join("content");
        copy_entry(path, &copy)?;
        let sealed = seal(&copy)?;
        if sealed.content.digest != *digest {
            return Err(StoreError::Changing { path: path.to_owned() });
        }
        self.put(&copy, &sealed).map(|()| false)
    }
}
