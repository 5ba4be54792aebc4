use crate::{
    Store, StoreError, StoredOutput, atomic,
    claim::remove,
    copy::{copy_file, create_file},
    file_digests::{Owner, sorted_names},
    layout::create_folder,
    lock::Lock,
    path_key::PathKey,
    stamp::Stamp,
    tree::EntryKind,
};
use rayon::prelude::*;
use std::{
    fs::{self, File, FileTimes, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A hard link saves space, but an owner who changes the rights of a result first can write through it. So only files for
/// which it matters are linked: those of at least this many bytes.
const LINKED_FROM: u64 = 1 << 20;

/// What [`Store::place`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placed {
    /// It was there already.
    Unchanged,
    /// It shares its blocks with the object until one is written to.
    Reflinked,
    /// It is the object by another name.
    HardLinked,
    /// It is a copy.
    Copied,
}

impl Store {
    /// Whether `destination` holds this object. What has not changed since it was last looked at is not read.
    pub fn is_placed(&self, object: &StoredOutput, destination: &Path) -> bool {
        let Ok(metadata) = fs::metadata(destination) else { return false };
        if metadata.is_dir() != object.is_directory {
            return false;
        }
        if !object.is_directory {
            if metadata.len() != object.size {
                return false;
            }
            if metadata.nlink() > 1 && self.is_object_itself(object, &metadata) {
                return self.has_object(&object.digest);
            }
        }
        let key = PathKey::of(&self.inner.project_root, destination);
        self.digests(Owner::User).content(destination, key).is_ok_and(|content| {
            content.digest == object.digest
                && (object.is_directory || object.executable == (content.kind == EntryKind::Executable))
        })
    }

    /// Makes `destination` hold this object, whatever is there now: by a reflink, a hard link or a copy. An edit there never
    /// changes the object.
    ///
    /// # Errors
    /// [`StoreError::MissingObject`]; [`StoreError::DamagedObject`] if it does not hold what it should, which is looked at
    /// when it was touched; and when `destination` cannot be written, which is then as it was.
    pub fn place(&self, object: &StoredOutput, destination: &Path) -> Result<Placed, StoreError> {
        if self.is_placed(object, destination) {
            return Ok(Placed::Unchanged);
        }
        self.create()?;
        let _no_collection = Lock::shared(&self.inner.layout.lock("gc"))?;
        self.check_object(&object.digest)?;
        create_folder(atomic::folder_of(destination))?;
        let folder = self.temporary_folder_for(destination)?;
        let source = self.object_path(&object.digest);
        let content = folder.path().join("content");
        let key = PathKey::of(&self.inner.project_root, destination);
        let placed = self.write(&source, &content, key)?;
        replace(&content, destination, &folder.path().join("replaced"))?;
        if !object.is_directory {
            self.remember(&source, destination, key);
        }
        Ok(placed)
    }

    /// A folder on the file system of `destination`.
    fn temporary_folder_for(&self, destination: &Path) -> Result<TempDir, StoreError> {
        let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
        let own = self.inner.layout.temporary();
        let beside = atomic::folder_of(destination);
        let folder = if device(&own) == device(beside) { own.as_path() } else { beside };
        tempfile::Builder::new()
            .prefix(".")
            .suffix(".tmp")
            .tempdir_in(folder)
            .map_err(|error| StoreError::writing("write", destination, error))
    }

    /// Writes the object, or part of an object, at `source` to `target`, which becomes the path of `key`.
    fn write(&self, source: &Path, target: &Path, key: PathKey) -> Result<Placed, StoreError> {
        let metadata = fs::metadata(source).map_err(|error| StoreError::reading("read", source, error))?;
        if !metadata.is_dir() {
            let placed = write_file(source, &metadata, target)
                .map_err(|error| StoreError::writing("write", target, error))?;
            self.remember(source, target, key);
            return Ok(placed);
        }
        create_folder(target)?;
        let placed = sorted_names(source)?
            .par_iter()
            .map(|name| self.write(&source.join(name), &target.join(name), key.child(name)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(placed.into_iter().max().unwrap_or(Placed::Copied))
    }

    /// Notes the digest of what was just placed at `path` as that of the file at `source`, if nobody has written to either.
    fn remember(&self, source: &Path, path: &Path, key: PathKey) {
        let (Ok(original), Ok(placed)) = (fs::metadata(source), fs::symlink_metadata(path)) else { return };
        let (original, placed) = (Stamp::of(&original), Stamp::of(&placed));
        if (original.size, original.modified) != (placed.size, placed.modified) {
            return;
        }
        let source = PathKey::of(&self.inner.project_root, source);
        let index_file = self.inner.layout.index();
        if let Some(digest) =
            self.inner.index.find(&index_file, source, |known| known.same_content(&original))
        {
            self.inner.index.remember(key, placed, digest);
        }
    }

    fn is_object_itself(&self, object: &StoredOutput, found: &Metadata) -> bool {
        fs::metadata(self.object_path(&object.digest))
            .is_ok_and(|stored| stored.ino() == found.ino() && stored.dev() == found.dev())
    }
}

fn write_file(source: &Path, metadata: &Metadata, target: &Path) -> io::Result<Placed> {
    let from = File::open(source)?;
    let to = create_file(target, metadata.mode() & 0o111 != 0)?;
    let placed = if rustix::fs::ioctl_ficlone(&to, &from).is_ok() {
        Placed::Reflinked
    } else if may_be_linked(metadata) && replace_by_link(source, target).is_ok() {
        return Ok(Placed::HardLinked);
    } else {
        copy_file(&from, &to)?;
        Placed::Copied
    };
    to.set_times(FileTimes::new().set_modified(metadata.modified()?))?;
    Ok(placed)
}

/// The root user writes to a file whatever its mode, and so to an object through a link.
fn may_be_linked(metadata: &Metadata) -> bool {
    metadata.len() >= LINKED_FROM && metadata.mode() & 0o777 == 0o444 && !rustix::process::geteuid().is_root()
}

fn replace_by_link(source: &Path, target: &Path) -> io::Result<()> {
    let link: PathBuf = target.with_extension("link");
    fs::hard_link(source, &link)?;
    fs::rename(&link, target)
}

/// Moves `content` to `destination`. A folder there, which no rename replaces, is first moved to `replaced`.
fn replace(content: &Path, destination: &Path, replaced: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::writing("write", destination, error);
    let folder_there = fs::symlink_metadata(destination).is_ok_and(|metadata| metadata.is_dir());
    let folder_here = content.is_dir();
    if folder_there {
        fs::rename(destination, replaced).map_err(failed)?;
    } else if folder_here {
        remove(destination)?;
    }
    fs::rename(content, destination).map_err(failed)
}
