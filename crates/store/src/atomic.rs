use crate::StoreError;
use std::{
    fs::{File, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
};
use tempfile::NamedTempFile;

/// Replaces `path` with `bytes` so that it holds the old or the new content at every moment, and the new
/// one for good once this returns.
///
/// # Errors
/// When the folder does not exist, the disk is full or not writable; `path` is then as it was.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = folder_of(path);
    let temporary = write_temporary(folder, path, bytes)?;
    temporary.as_file().sync_all().map_err(|error| StoreError::writing("write", path, error))?;
    rename(temporary, path)?;
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| StoreError::writing("write", path, error))
}

/// As [`atomic_write`], but what a power cut leaves may be the old content, the new one, or a torn file,
/// until the next sync. For files that tell themselves whether they are whole. The temporary file lies in
/// `folder`.
pub(crate) fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    rename(write_temporary(folder, path, bytes)?, path)
}

/// The folder that `path` lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// An empty file with a name of its own in `folder`, removed when dropped.
pub(crate) fn temporary_file(folder: &Path, mode: u32) -> Result<NamedTempFile, StoreError> {
    tempfile::Builder::new()
        .prefix(".")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .map_err(|error| StoreError::writing("create a file in", folder, error))
}

fn write_temporary(folder: &Path, path: &Path, bytes: &[u8]) -> Result<NamedTempFile, StoreError> {
    let mut temporary = temporary_file(folder, 0o666)?;
    temporary.write_all(bytes).map_err(|error| StoreError::writing("write", path, error))?;
    Ok(temporary)
}

fn rename(temporary: NamedTempFile, path: &Path) -> Result<(), StoreError> {
    temporary.persist(path).map(drop).map_err(|error| StoreError::writing("write", path, error.error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn replaces_the_whole_file_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note");
        for content in ["a longer one", "short"] {
            atomic_write(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&plain), "others may read it as they may any other file");
    }

    #[test]
    fn names_what_it_could_not_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/note");
        assert!(atomic_write(&path, b"").unwrap_err().to_string().contains("missing"));
    }
}
