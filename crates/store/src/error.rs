use crate::Digest;
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// What can go wrong in the store. [`StoreError::hint`] names a way out where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused something.
    #[error("cannot {attempt} '{}': {source}", path.display())]
    Io {
        /// What was tried: `read`.
        attempt: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What it answered.
        source: io::Error,
    },
    /// The file system, or the user's share of it, is full.
    #[error("no space left to write '{}'", path.display())]
    Full {
        /// What was to be written.
        path: PathBuf,
    },
    /// The file system is read-only or belongs to somebody else.
    #[error("cannot {attempt} '{}': {source}", path.display())]
    ReadOnly {
        /// What was tried: `create`.
        attempt: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
    /// Written by a newer version of this program.
    #[error("'{}' has format {found}, this version reads up to {supported}", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The newest that is understood.
        supported: u32,
    },
    /// Its checksum says that it is not what was written.
    #[error("'{}' is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// An object does not hold what its name says; it was moved aside.
    #[error("object {digest} is damaged; it was moved to '{}'", moved_to.display())]
    DamagedObject {
        /// The object.
        digest: Digest,
        /// Where it lies now.
        moved_to: PathBuf,
    },
    /// An object is not in the store.
    #[error("object {digest} is not in the store")]
    MissingObject {
        /// The object.
        digest: Digest,
    },
    /// It is written to faster than it can be digested.
    #[error("'{}' changes while it is read", path.display())]
    Changing {
        /// The file.
        path: PathBuf,
    },
    /// Neither a file nor a folder: a device, a pipe, a socket.
    #[error("'{}' is neither a file nor a folder", path.display())]
    Special {
        /// What it is.
        path: PathBuf,
    },
}

impl StoreError {
    /// A way out, for people.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            StoreError::Full { .. } => Some("free some space, for example with 'pipeline gc', and run again"),
            StoreError::ReadOnly { .. } => {
                Some("check who owns it and that its file system is mounted for writing")
            }
            StoreError::NewerFormat { .. } => {
                Some("use the version of pipeline that wrote it, or a newer one")
            }
            StoreError::DamagedObject { .. } | StoreError::MissingObject { .. } => {
                Some("run the pipeline again: the stage that made it is repeated")
            }
            StoreError::Changing { .. } => Some("wait until whatever writes to it is done"),
            StoreError::Io { .. } | StoreError::Damaged { .. } | StoreError::Special { .. } => None,
        }
    }

    /// What the operating system answered when `attempt` was made to read `path`.
    pub(crate) fn reading(attempt: &'static str, path: &Path, source: io::Error) -> StoreError {
        StoreError::Io { attempt, path: path.to_owned(), source }
    }

    /// What the operating system answered when `attempt` was made to change `path`.
    pub fn writing(attempt: &'static str, path: &Path, source: io::Error) -> StoreError {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                StoreError::Full { path }
            }
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                StoreError::ReadOnly { attempt, path, source }
            }
            _ => StoreError::Io { attempt, path, source },
        }
    }

    /// Whether a file was to be renamed into another file system.
    pub(crate) fn crosses_devices(&self) -> bool {
        matches!(self, StoreError::Io { source, .. } if source.kind() == ErrorKind::CrossesDevices)
    }

    /// Whether it says that the file or folder does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, StoreError::Io { source, .. } if source.kind() == ErrorKind::NotFound)
    }
}
