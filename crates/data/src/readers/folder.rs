use crate::DataError;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An entry of a folder.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) is_folder: bool,
}

/// Lists a folder, sorted by the bytes of the names. Names that begin with a dot, which systems leave behind
/// unasked, are left out.
pub(crate) fn list(folder: &Path) -> Result<Vec<Entry>, DataError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(DataError::io("list", folder))? {
        let entry = entry.map_err(DataError::io("list", folder))?;
        let path = entry.path();
        if entry.file_name().as_bytes().starts_with(b".") {
            continue;
        }
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| DataError::invalid(&path, "has a name that is not UTF-8"))?;
        let kind = entry.file_type().map_err(DataError::io("inspect", &path))?;
        let is_folder = if kind.is_symlink() {
            fs::metadata(&path).map_err(DataError::io("inspect", &path))?.is_dir()
        } else {
            kind.is_dir()
        };
        entries.push(Entry { name, path, is_folder });
    }
    entries.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(entries)
}

/// The folder that holds `landmark`: `path` itself, or, as an unpacked archive has it, the only entry in it.
pub(crate) fn find_root(path: &Path, landmark: &str) -> Result<PathBuf, DataError> {
    let mut entries = list(path)?;
    if entries.iter().any(|entry| entry.name == landmark) {
        return Ok(path.to_path_buf());
    }
    match (entries.pop(), entries.is_empty()) {
        (Some(only), true) if only.path.join(landmark).exists() => Ok(only.path),
        _ => Err(DataError::invalid(path, format!("holds no `{landmark}`"))),
    }
}

/// Reads a text file.
pub(crate) fn read_text(path: &Path) -> Result<String, DataError> {
    fs::read_to_string(path).map_err(DataError::io("read", path))
}

/// Reads a text file, if it is there.
pub(crate) fn read_text_if_there(path: &Path) -> Result<Option<String>, DataError> {
    if path.exists() { read_text(path).map(Some) } else { Ok(None) }
}
