use crate::{
    Digest, StoreError,
    content::digest_of_file,
    index::Index,
    path_key::PathKey,
    stamp::{Stamp, now},
    tree::{EntryKind, FolderHasher},
};
use rayon::prelude::*;
use std::{
    ffi::OsString,
    fs::{self, File, Metadata},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// How often a file that changes while it is digested is tried.
const ATTEMPTS: usize = 5;

/// Rather than forget the digest of a file that was changed a moment ago, the clock is given this long to
/// tick.
const PATIENCE: Duration = Duration::from_millis(25);

/// Entries that are not worth another thread.
const BATCH: usize = 4;

/// Deeper than any folder that is not a loop of links.
const DEEPEST: usize = 128;

/// Whose files are digested, which decides what tells that one is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The user's: every field of the stamp counts.
    User,
    /// The store's own: hard links to objects change their time of change, so that does not count; and
    /// their time of modification was set back when they were stored, so that any later write shows.
    Store,
}

/// Digests files and folders, and remembers.
pub(crate) struct FileDigests<'a> {
    pub(crate) index: &'a Index,
    pub(crate) index_file: &'a Path,
    pub(crate) owner: Owner,
}

/// The digest of a file or folder, and what else is known of it once it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) kind: EntryKind,
}

impl FileDigests<'_> {
    /// The content of the file or folder at `path`, links followed.
    pub(crate) fn content(&self, path: &Path, key: PathKey) -> Result<Content, StoreError> {
        self.entry(path, key, 0)
    }

    /// As [`FileDigests::content`], of what `metadata` was just read of.
    pub(crate) fn content_of(
        &self,
        path: &Path,
        key: PathKey,
        metadata: &Metadata,
    ) -> Result<Content, StoreError> {
        self.entry_of(path, key, metadata, 0)
    }

    /// The digest of the file at `key`, if it is remembered and the file still looks the same.
    pub(crate) fn known(&self, key: PathKey, found: &Stamp) -> Option<Digest> {
        self.index.find(self.index_file, key, |known| match self.owner {
            Owner::User => known == found,
            Owner::Store => known.same_content(found),
        })
    }

    fn entry(&self, path: &Path, key: PathKey, depth: usize) -> Result<Content, StoreError> {
        let metadata = fs::metadata(path).map_err(|error| StoreError::reading("read", path, error))?;
        self.entry_of(path, key, &metadata, depth)
    }

    fn entry_of(
        &self,
        path: &Path,
        key: PathKey,
        metadata: &Metadata,
        depth: usize,
    ) -> Result<Content, StoreError> {
        match kind_of(path, metadata)? {
            EntryKind::Folder => self.folder(path, key, depth),
            kind => Ok(Content { digest: self.file(path, key, metadata)?, size: metadata.len(), kind }),
        }
    }

    fn folder(&self, path: &Path, key: PathKey, depth: usize) -> Result<Content, StoreError> {
        if depth == DEEPEST {
            let error = io::Error::from(rustix::io::Errno::LOOP);
            return Err(StoreError::reading("read", path, error));
        }
        let names = sorted_names(path)?;
        let entry = |name: &OsString| self.entry(&path.join(name), key.child(name), depth + 1);
        let contents: Vec<Content> = if names.len() <= BATCH {
            names.iter().map(entry).collect::<Result<_, _>>()?
        } else {
            names.par_iter().with_min_len(BATCH).map(entry).collect::<Result<_, _>>()?
        };
        Ok(folder_content(&names, &contents))
    }

    fn file(&self, path: &Path, key: PathKey, metadata: &Metadata) -> Result<Digest, StoreError> {
        let found = Stamp::of(metadata);
        if let Some(digest) = self.known(key, &found) {
            return Ok(digest);
        }
        let failed = |error| StoreError::reading("read", path, error);
        if let Some(left) = Stamp::unsettled_for(self.time(&found), now()).filter(|left| *left <= PATIENCE) {
            thread::sleep(left);
        }
        for _ in 0..ATTEMPTS {
            let began = now();
            let file = File::open(path).map_err(failed)?;
            let before = Stamp::of(&file.metadata().map_err(failed)?);
            let digest = match digest_of_file(&file, before.size) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => continue,
                result => result.map_err(failed)?,
            };
            if before == Stamp::of(&file.metadata().map_err(failed)?) {
                if Stamp::unsettled_for(self.time(&before), began).is_none() {
                    self.index.remember(key, before, digest);
                }
                return Ok(digest);
            }
        }
        Err(StoreError::Changing { path: path.to_owned() })
    }

    /// The time that shows a later write.
    fn time(&self, stamp: &Stamp) -> i64 {
        match self.owner {
            Owner::User => stamp.changed,
            Owner::Store => stamp.modified,
        }
    }
}

/// The content of a folder that holds `contents` under `names`, both in the order of [`sorted_names`].
pub(crate) fn folder_content(names: &[OsString], contents: &[Content]) -> Content {
    let mut hasher = FolderHasher::new();
    for (name, content) in names.iter().zip(contents) {
        hasher.add(name, content.kind, &content.digest);
    }
    let size = contents.iter().map(|content| content.size).sum();
    Content { digest: hasher.finish(), size, kind: EntryKind::Folder }
}

/// The names in a folder, in the order of their bytes.
pub(crate) fn sorted_names(folder: &Path) -> Result<Vec<OsString>, StoreError> {
    let failed = |error| StoreError::reading("read", folder, error);
    let mut names = fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(failed)?;
    names.sort_unstable();
    Ok(names)
}

/// What `path`, links followed, is.
///
/// # Errors
/// [`StoreError::Special`] if it is neither a file nor a folder.
pub(crate) fn kind_of(path: &Path, metadata: &Metadata) -> Result<EntryKind, StoreError> {
    if metadata.is_dir() {
        Ok(EntryKind::Folder)
    } else if !metadata.is_file() {
        Err(StoreError::Special { path: PathBuf::from(path) })
    } else if metadata.permissions().mode() & 0o100 != 0 {
        Ok(EntryKind::Executable)
    } else {
        Ok(EntryKind::File)
    }
}
