use crate::{
    Digest, StoreError, atomic,
    content::digest_of_file,
    copy::{copy_file, copy_folder},
    file_digests::{Content, folder_content, kind_of, sorted_names},
    stamp::{Stamp, backdated, now},
    tree::EntryKind,
};
use rayon::prelude::*;
use std::{
    fs::{self, File, FileTimes, Metadata, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// An output that is ready to be an object: read-only, without links, its content digested.
pub(crate) struct Sealed {
    pub(crate) content: Content,
    /// Each of its files by its path below the output, which is empty if the output is a file.
    pub(crate) files: Vec<(PathBuf, Stamp, Digest)>,
}

/// Turns the file or folder at `path` into one that only the store holds. Links are replaced by what they
/// lead to: an object must stay whole when all around it goes.
///
/// # Errors
/// When it does not exist, holds anything but files, folders and links, or is still written to.
pub(crate) fn seal(path: &Path) -> Result<Sealed, StoreError> {
    let files = Mutex::new(Vec::new());
    let content = seal_entry(path, PathBuf::new(), &files)?;
    Ok(Sealed { content, files: files.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

type Files = Mutex<Vec<(PathBuf, Stamp, Digest)>>;

fn seal_entry(path: &Path, relative: PathBuf, files: &Files) -> Result<Content, StoreError> {
    let failed = |error| StoreError::reading("read", path, error);
    let mut metadata = fs::symlink_metadata(path).map_err(failed)?;
    if metadata.is_symlink() || (metadata.is_file() && metadata.nlink() > 1) {
        replace_by_copy(path)?;
        metadata = fs::symlink_metadata(path).map_err(failed)?;
    }
    match kind_of(path, &metadata)? {
        EntryKind::Folder => seal_folder(path, &relative, files),
        kind => {
            let (stamp, digest) = seal_file(path, kind)?;
            files.lock().unwrap_or_else(PoisonError::into_inner).push((relative, stamp, digest));
            Ok(Content { digest, size: stamp.size, kind })
        }
    }
}

fn seal_folder(path: &Path, relative: &Path, files: &Files) -> Result<Content, StoreError> {
    set_mode(path, 0o755)?;
    let names = sorted_names(path)?;
    let contents: Vec<Content> = names
        .par_iter()
        .map(|name| seal_entry(&path.join(name), relative.join(name), files))
        .collect::<Result<_, _>>()?;
    Ok(folder_content(&names, &contents))
}

fn seal_file(path: &Path, kind: EntryKind) -> Result<(Stamp, Digest), StoreError> {
    set_mode(path, if kind == EntryKind::Executable { 0o555 } else { 0o444 })?;
    let failed = |error| StoreError::reading("read", path, error);
    let file = File::open(path).map_err(failed)?;
    let before = Stamp::of(&file.metadata().map_err(failed)?);
    let digest = digest_of_file(&file, before.size).map_err(failed)?;
    if before != Stamp::of(&file.metadata().map_err(failed)?) {
        return Err(StoreError::Changing { path: path.to_owned() });
    }
    let times = FileTimes::new().set_modified(backdated(before.modified, now()));
    file.set_times(times).map_err(|error| StoreError::writing("seal", path, error))?;
    Ok((Stamp::of(&file.metadata().map_err(failed)?), digest))
}

fn set_mode(path: &Path, mode: u32) -> Result<(), StoreError> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(|error| StoreError::writing("seal", path, error))
}

/// Puts a copy of what `path` leads to in its place.
fn replace_by_copy(path: &Path) -> Result<(), StoreError> {
    let target = fs::metadata(path).map_err(|error| StoreError::reading("follow", path, error))?;
    let folder = atomic::folder_of(path);
    match kind_of(path, &target)? {
        EntryKind::Folder => replace_by_folder(path, folder),
        _ => replace_by_file(path, folder, &target),
    }
}

fn replace_by_file(path: &Path, folder: &Path, target: &Metadata) -> Result<(), StoreError> {
    let failed = |error| StoreError::writing("copy", path, error);
    let copy = atomic::temporary_file(folder, target.permissions().mode() & 0o777 | 0o600)?;
    let source = File::open(path).map_err(failed)?;
    copy_file(&source, copy.as_file()).map_err(failed)?;
    copy.persist(path).map(drop).map_err(|error| failed(error.error))
}

fn replace_by_folder(path: &Path, folder: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::writing("copy", path, error);
    let leads_to = fs::canonicalize(path).map_err(failed)?;
    if fs::canonicalize(folder).map_err(failed)?.starts_with(&leads_to) {
        return Err(StoreError::reading("follow", path, io::Error::from(rustix::io::Errno::LOOP)));
    }
    let copy = tempfile::Builder::new().prefix(".").suffix(".tmp").tempdir_in(folder).map_err(failed)?;
    let content = copy.path().join("content");
    copy_folder(&leads_to, &content)?;
    fs::remove_file(path).and_then(|()| fs::rename(&content, path)).map_err(failed)
}
