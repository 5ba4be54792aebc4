//! What lies in the store, read from its folders.

use crate::{ActionRecord, Digest, FORMAT, Store, StoreError, read_document};
use rayon::prelude::*;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// An object, or something else that lies where objects should.
pub(crate) struct ListedObject {
    /// `None` if its name is no digest.
    pub(crate) digest: Option<Digest>,
    pub(crate) path: PathBuf,
}

/// An action, or something else that lies where actions should.
pub(crate) struct ListedAction {
    pub(crate) path: PathBuf,
    pub(crate) record: Result<ActionRecord, StoreError>,
}

impl Store {
    pub(crate) fn list_objects(&self) -> Result<Vec<ListedObject>, StoreError> {
        let mut objects = Vec::new();
        for shard in entries(&self.inner.layout.objects())? {
            if !shard.is_dir() {
                objects.push(ListedObject { digest: None, path: shard });
                continue;
            }
            for path in entries(&shard)? {
                let digest = match (shard.file_name(), path.file_name()) {
                    (Some(shard), Some(name)) => {
                        format!("{}{}", shard.to_string_lossy(), name.to_string_lossy()).parse().ok()
                    }
                    _ => None,
                };
                // A name split elsewhere would not be found.
                let digest = digest.filter(|digest| self.object_path(digest) == path);
                objects.push(ListedObject { digest, path });
            }
        }
        Ok(objects)
    }

    pub(crate) fn list_actions(&self) -> Result<Vec<ListedAction>, StoreError> {
        let read = |path: PathBuf| {
            let misnamed = || StoreError::Damaged { path: path.clone(), detail: "misnamed".to_owned() };
            let record = read_document::<ActionRecord>(&path, FORMAT).and_then(|record| {
                record.filter(|record| self.inner.layout.action(&record.key) == path).ok_or_else(misnamed)
            });
            ListedAction { path, record }
        };
        Ok(entries(&self.inner.layout.actions())?.into_par_iter().map(read).collect())
    }
}

/// The paths of what lies in a folder, sorted; none if there is no such folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |error| StoreError::reading("read", folder, error);
    let mut paths = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries
            .map_err(failed)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(failed)?,
    };
    paths.sort_unstable();
    Ok(paths)
}

/// The bytes of a file, or of all files below a folder; links are not followed. What vanishes meanwhile
/// counts nothing.
pub(crate) fn bytes_below(path: &Path) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            entries(path).unwrap_or_default().par_iter().map(|entry| bytes_below(entry)).sum()
        }
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}
