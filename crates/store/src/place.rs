use crate::{
    Digest, Store, StoreError, StoredOutput, atomic,
    copy::{copy_file, create_file},
    file_digests::{Owner, sorted_names},
    layout::create_folder,
    path_key::PathKey,
    remove::remove,
    stamp::Stamp,
    tree::EntryKind,
};
use rayon::prelude::*;
use std::{
    ffi::OsString,
    fs::{self, File, FileTimes, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

/// A hard link saves space, but an owner who changes the rights of a result first can write through it.
/// So only files for which it matters are linked: those of at least this many bytes.
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
    /// Whether `destination` holds this object. What has not changed since it was last looked at is not
    /// read.
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
        self.digests(Owner::User).content_of(destination, key, &metadata).is_ok_and(|content| {
            content.digest == object.digest
                && (object.is_directory || object.executable == (content.kind == EntryKind::Executable))
        })
    }

    /// Makes `destination` hold this object, whatever is there now: by a reflink, a hard link or a copy.
    /// An edit there never changes the object.
    ///
    /// # Errors
    /// [`StoreError::MissingObject`]; [`StoreError::DamagedObject`] if it does not hold what it should,
    /// which is looked at when it was touched; and when `destination` cannot be written, which is then as
    /// it was.
    pub fn place(&self, object: &StoredOutput, destination: &Path) -> Result<Placed, StoreError> {
        if self.is_placed(object, destination) {
            return Ok(Placed::Unchanged);
        }
        // What lies at the destination is replaced as a whole; that must never be what the store lies in.
        if self.root().starts_with(destination) {
            return Err(StoreError::writing("replace", destination, io::ErrorKind::InvalidInput.into()));
        }
        self.create()?;
        let _no_collection = self.keep_collection_out()?;
        self.check_object(&object.digest)?;
        let beside = atomic::folder_of(destination);
        create_folder(beside)?;
        match self.place_by_way_of(&self.inner.layout.temporary(), object, destination) {
            Err(error) if error.crosses_devices() => {
                self.inner.durability.wrote_elsewhere(beside);
                self.place_by_way_of(beside, object, destination)
            }
            placed => placed,
        }
    }

    /// Writes the object in `folder`, and then renames it.
    fn place_by_way_of(
        &self,
        folder: &Path,
        object: &StoredOutput,
        destination: &Path,
    ) -> Result<Placed, StoreError> {
        let failed = |error| StoreError::writing("write", destination, error);
        let source = self.object_path(&object.digest);
        let key = PathKey::of(&self.inner.project_root, destination);
        let mut builder = tempfile::Builder::new();
        let temporary = builder.prefix(".").suffix(".tmp");
        if object.is_directory {
            let temporary = temporary.tempdir_in(folder).map_err(failed)?;
            let content = temporary.path().join("content");
            let placed = self.write_folder(&source, &content, self.object_key(&object.digest), key)?;
            replace(&content, destination, &temporary.path().join("replaced")).map_err(failed)?;
            return Ok(placed);
        }
        let metadata = fs::metadata(&source).map_err(failed)?;
        let written =
            temporary.make_in(folder, |path| write_file(&source, &metadata, path)).map_err(failed)?;
        let placed = *written.as_file();
        if fs::symlink_metadata(destination).is_ok_and(|there| there.is_dir()) {
            remove(destination)?;
        }
        written.persist(destination).map_err(|error| failed(error.error))?;
        self.remember(destination, key, &metadata, object.digest);
        Ok(placed)
    }

    /// Copies the folder `source` of an object to `target`, which is to become the folder of `key`.
    fn write_folder(
        &self,
        source: &Path,
        target: &Path,
        source_key: PathKey,
        key: PathKey,
    ) -> Result<Placed, StoreError> {
        create_folder(target)?;
        let write = |name: &OsString| -> Result<Placed, StoreError> {
            let (source, target) = (source.join(name), target.join(name));
            let (source_key, key) = (source_key.child(name), key.child(name));
            let failed = |error| StoreError::writing("write", &target, error);
            let metadata = fs::metadata(&source).map_err(failed)?;
            if metadata.is_dir() {
                return self.write_folder(&source, &target, source_key, key);
            }
            let placed = write_file(&source, &metadata, &target).map_err(failed)?;
            let original = Stamp::of(&metadata);
            let digest = self.digests(Owner::Store).known(source_key, &original);
            digest.inspect(|digest| self.remember(&target, key, &metadata, *digest));
            Ok(placed)
        };
        let placed = sorted_names(source)?.par_iter().map(write).collect::<Result<Vec<_>, _>>()?;
        Ok(placed.into_iter().max().unwrap_or(Placed::Copied))
    }

    /// Notes the digest of what was just placed at `path` from an object's file, unless somebody has
    /// written to it already.
    fn remember(&self, path: &Path, key: PathKey, original: &Metadata, digest: Digest) {
        let Ok(placed) = fs::symlink_metadata(path) else { return };
        let (original, placed) = (Stamp::of(original), Stamp::of(&placed));
        if (original.size, original.modified) == (placed.size, placed.modified) {
            self.inner.index.remember(key, placed, digest);
        }
    }

    fn is_object_itself(&self, object: &StoredOutput, found: &Metadata) -> bool {
        fs::metadata(self.object_path(&object.digest))
            .is_ok_and(|stored| stored.ino() == found.ino() && stored.dev() == found.dev())
    }
}

/// Makes `target`, which must not exist, the same file as `source`.
fn write_file(source: &Path, metadata: &Metadata, target: &Path) -> io::Result<Placed> {
    let from = File::open(source)?;
    let to = create_file(target, metadata.mode() & 0o111 != 0)?;
    fill(source, metadata, target, &from, &to).inspect_err(|_| drop(fs::remove_file(target)))
}

fn fill(source: &Path, metadata: &Metadata, target: &Path, from: &File, to: &File) -> io::Result<Placed> {
    let placed = if rustix::fs::ioctl_ficlone(to, from).is_ok() {
        Placed::Reflinked
    } else if may_be_linked(metadata) && replace_by_link(source, target).is_ok() {
        return Ok(Placed::HardLinked);
    } else {
        copy_file(from, to)?;
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
    let link = target.with_extension("link");
    fs::hard_link(source, &link)?;
    fs::rename(&link, target)
}

/// Moves the folder `content` to `destination`. What is there is moved to `replaced` first, for no rename
/// replaces it, and back if need be.
fn replace(content: &Path, destination: &Path, replaced: &Path) -> io::Result<()> {
    match fs::rename(destination, replaced) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(content, destination).inspect_err(|_| drop(fs::rename(replaced, destination)))
}
