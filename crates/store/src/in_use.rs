use crate::{Claim, Digest, Store, StoreError, layout::create_folder, listing::entries, lock::Lock};
use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::PoisonError,
};

/// The list of objects that stages of this process read, for collections to see. It counts while its lock
/// is held; what is in it stays until the process ends, since one line costs less than one file a stage.
pub(crate) struct InUse {
    path: PathBuf,
    file: File,
    _lock: Lock,
}

impl Claim {
    /// Keeps these objects from being collected for as long as this process lives, so that the stage can
    /// read them.
    ///
    /// # Errors
    /// [`StoreError::MissingObject`] if one has been collected already.
    pub fn needs(&self, objects: &[Digest]) -> Result<(), StoreError> {
        if objects.is_empty() {
            return Ok(());
        }
        let _no_collection = self.store.keep_collection_out()?;
        if let Some(digest) = objects.iter().find(|digest| !self.store.object_path(digest).exists()) {
            return Err(StoreError::MissingObject { digest: *digest });
        }
        self.store.note_in_use(objects)
    }
}

impl Store {
    fn note_in_use(&self, objects: &[Digest]) -> Result<(), StoreError> {
        let mut in_use = self.inner.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        let in_use = match in_use.as_mut() {
            Some(in_use) => in_use,
            None => in_use.insert(InUse::create(&self.inner.layout.in_use(), &self.inner.layout.locks())?),
        };
        let lines: String = objects.iter().map(|digest| format!("{digest}\n")).collect();
        in_use
            .file
            .write_all(lines.as_bytes())
            .map_err(|error| StoreError::writing("write", &in_use.path, error))
    }

    /// The objects that stages at work read, and the lists that dead processes left.
    pub(crate) fn objects_in_use(&self) -> Result<(BTreeSet<Digest>, Vec<PathBuf>), StoreError> {
        let (held, left): (Vec<_>, Vec<_>) = entries(&self.inner.layout.in_use())?
            .into_iter()
            .partition(|path| Lock::is_held(&self.inner.layout.locks(), &lock_name(path)));
        let lists = held.iter().map(|path| fs::read_to_string(path).unwrap_or_default());
        let objects =
            lists.flat_map(|list| list.lines().filter_map(|line| line.parse().ok()).collect::<Vec<_>>());
        Ok((objects.collect(), left))
    }
}

impl InUse {
    fn create(folder: &Path, locks: &Path) -> Result<InUse, StoreError> {
        create_folder(folder)?;
        let failed = |error| StoreError::writing("write", folder, error);
        let path = tempfile::Builder::new()
            .prefix("process-")
            .make_in(folder, |path| OpenOptions::new().append(true).create_new(true).open(path))
            .map_err(failed)?;
        let (file, path) = path.keep().map_err(|error| failed(error.error))?;
        let lock = Lock::exclusive(locks, &lock_name(&path))?;
        Ok(InUse { path, file, _lock: lock })
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        // One that stays is not locked any more, and collected.
        let _ = fs::remove_file(&self.path);
    }
}

fn lock_name(path: &Path) -> String {
    format!("in-use/{}", path.file_name().unwrap_or_default().display())
}
