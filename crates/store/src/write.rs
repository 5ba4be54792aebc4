use crate::{Store, StoreError, atomic, document, layout::create_folder};
use serde::Serialize;
use std::path::Path;

impl Store {
    /// Replaces the document at `path`, in the store; see [`crate::write_document`]. A process that is killed
    /// meanwhile leaves nothing beside it.
    ///
    /// # Errors
    /// When it cannot be written; the old document is then still there.
    pub fn write_document<T: Serialize>(&self, path: &Path, value: &T) -> Result<(), StoreError> {
        self.write_file(path, &document::encode(path, value)?)
    }

    /// Makes the file at `path` hold `bytes`, and the folder that it lies in. Whoever reads it finds the old
    /// content or the new; a process that is killed meanwhile leaves nothing beside it, if the store is on the
    /// same file system.
    ///
    /// # Errors
    /// When it cannot be written; it is then as it was.
    pub fn write_file(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.create()?;
        let folder = atomic::folder_of(path);
        create_folder(folder)?;
        match atomic::replace(&self.inner.layout.temporary(), path, bytes) {
            Err(error) if error.crosses_devices() => atomic::replace(folder, path, bytes),
            written => written,
        }
    }
}
