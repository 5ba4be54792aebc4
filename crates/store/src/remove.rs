use crate::{StoreError, listing::entries};
use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// Removes a file or folder that need not exist, even if folders in it are read-only, as some programs
/// leave theirs.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    let mut removed = attempt(path);
    if removed.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
        make_folders_writable(path);
        removed = attempt(path);
    }
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::writing("remove", path, error))
        }
        _ => Ok(()),
    }
}

fn attempt(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

/// What cannot be changed shows when it cannot be removed.
fn make_folders_writable(path: &Path) {
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        let _ = fs::set_permissions(path, Permissions::from_mode(0o755));
        entries(path).unwrap_or_default().iter().for_each(|entry| make_folders_writable(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_read_only_folders_and_does_not_mind_what_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        fs::create_dir_all(path.join("module")).unwrap();
        fs::write(path.join("module/file"), "").unwrap();
        for read_only in [path.join("module"), path.clone()] {
            fs::set_permissions(read_only, Permissions::from_mode(0o555)).unwrap();
        }
        remove(&path).unwrap();
        assert!(!path.exists());
        remove(&path).unwrap();
    }
}
