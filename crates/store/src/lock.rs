//! Advisory locks (`flock`) on files of their own. They die with the process that holds them, so none is ever stale.
//! What only reads takes none.

use crate::StoreError;
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// A lock that is held until this is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    path: PathBuf,
}

impl Lock {
    /// Waits for the lock at `path`, alone.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn exclusive(path: &Path) -> Result<Lock, StoreError> {
        loop {
            if let Some(lock) = attempt(path, FlockOperation::LockExclusive)? {
                return Ok(lock);
            }
        }
    }

    /// Waits for the lock at `path`, together with others that share it.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn shared(path: &Path) -> Result<Lock, StoreError> {
        loop {
            if let Some(lock) = attempt(path, FlockOperation::LockShared)? {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock at `path` unless somebody holds it.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn try_exclusive(path: &Path) -> Result<Option<Lock>, StoreError> {
        attempt(path, FlockOperation::NonBlockingLockExclusive)
    }

    /// Whether somebody holds the lock at `path` now. Makes nothing.
    pub fn is_held(path: &Path) -> bool {
        File::open(path)
            .is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK))
    }

    /// Removes the lock file and lets the lock go.
    pub fn remove(self) {
        // A lock file that stays is no harm: it is taken again, or collected.
        let _ = fs::remove_file(&self.path);
    }
}

/// `None` if somebody holds it, or if the file was removed between opening and locking it: a lock on a file that nobody
/// else can find would keep nobody out.
fn attempt(path: &Path, operation: FlockOperation) -> Result<Option<Lock>, StoreError> {
    let failed = |error: io::Error| StoreError::writing("lock", path, error);
    let file =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map_err(failed)?;
    loop {
        match flock(&file, operation) {
            Ok(()) => break,
            Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(failed(error.into())),
        }
    }
    let held = file.metadata().map_err(failed)?;
    let same = fs::metadata(path).is_ok_and(|found| found.ino() == held.ino() && found.dev() == held.dev());
    Ok(same.then(|| Lock { _file: file, path: path.to_owned() }))
}
