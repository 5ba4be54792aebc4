use crate::DataError;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An entry of a folder.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: OsString,
    pub(crate) path: PathBuf,
    pub(crate) is_folder: bool,
}

impl Entry {
    /// The entry's name where it is text.
    pub(crate) fn text(&self) -> Option<&str> {
        self.name.to_str()
    }
}

/// Lists a folder, sorted by the bytes of the names. Names that begin with a dot, which systems leave behind
/// unasked, are left out.
pub(crate) fn list(folder: &Path) -> Result<Vec<Entry>, DataError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(DataError::io("list", folder))? {
        let entry = entry.map_err(DataError::io("list", folder))?;
        let (name, path) = (entry.file_name(), entry.path());
        if name.as_bytes().starts_with(b".") {
            continue;
        }
        let kind = entry.file_type().map_err(DataError::io("inspect", &path))?;
        let is_folder = if kind.is_symlink() {
            fs::metadata(&path).map_err(DataError::io("inspect", &path))?.is_dir()
        } else {
            kind.is_dir()
        };
        entries.push(Entry { name, path, is_folder });
    }
    entries.sort_by(|left, right| left.name.as_bytes().cmp(right.name.as_bytes()));
    Ok(entries)
}
