use crate::{StoreError, file_digests::kind_of, layout::create_folder, tree::EntryKind};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Fills the empty file `to` with the content of `from`: sharing its blocks where the file system can (a
/// reflink), by copying otherwise. Says whether they are shared.
pub(crate) fn copy_file(from: &File, to: &File) -> io::Result<bool> {
    if rustix::fs::ioctl_ficlone(to, from).is_ok() {
        return Ok(true);
    }
    io::copy(&mut &*from, &mut &*to).map(|_| false)
}

/// Copies a folder and all in it, links followed, to `to`, which must not exist.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    create_folder(to)?;
    let failed = |error| StoreError::reading("read", from, error);
    for entry in fs::read_dir(from).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        copy_entry(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

/// Copies a file or folder, links followed, to `to`, which must not exist.
pub(crate) fn copy_entry(from: &Path, to: &Path) -> Result<(), StoreError> {
    let metadata = fs::metadata(from).map_err(|error| StoreError::reading("read", from, error))?;
    let kind = kind_of(from, &metadata)?;
    if kind == EntryKind::Folder {
        return copy_folder(from, to);
    }
    let source = File::open(from).map_err(|error| StoreError::reading("read", from, error))?;
    create_file(to, kind == EntryKind::Executable)
        .and_then(|target| copy_file(&source, &target))
        .map(drop)
        .map_err(|error| StoreError::writing("copy to", to, error))
}

/// Makes a file that must not exist, with the user's default rights.
pub(crate) fn create_file(path: &Path, executable: bool) -> io::Result<File> {
    let mode = if executable { 0o777 } else { 0o666 };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}
