//! What outlasts a power cut, and when.
//!
//! Thousands of small stages must be recorded in seconds, so no commit waits for the disk by itself. Every file of the
//! store tells whether it is whole instead: objects are named by the digest of their content, actions and documents
//! carry a checksum. The one thing that lets such a check be skipped, the index, is replaced only after a `syncfs` of
//! all that it speaks of. So after a power cut, what had not reached the disk is found damaged and made again; what is
//! trusted unread is whole. To bound how much is made again, a commit also syncs when the last sync is more than a
//! second old. A killed process loses nothing: what it wrote is in the kernel's hands, and it renames whole files only.

use crate::StoreError;
use std::{
    fs::File,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const AT_MOST_UNSYNCED: Duration = Duration::from_secs(1);

/// When the store's file system was last synced by this process.
#[derive(Default)]
pub(crate) struct Durability(Mutex<Option<Instant>>);

impl Durability {
    /// Waits until all that was written to the file system of `folder` is on disk.
    pub(crate) fn sync(&self, folder: &Path) -> Result<(), StoreError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sync_file_system(folder, &mut last)
    }

    /// The same if the last time is too long ago and no other thread is at it.
    pub(crate) fn sync_if_due(&self, folder: &Path) -> Result<(), StoreError> {
        let Ok(mut last) = self.0.try_lock() else { return Ok(()) };
        if last.is_some_and(|last| last.elapsed() < AT_MOST_UNSYNCED) {
            return Ok(());
        }
        sync_file_system(folder, &mut last)
    }
}

fn sync_file_system(folder: &Path, last: &mut Option<Instant>) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|opened| Ok(rustix::fs::syncfs(&opened)?))
        .map_err(|error| StoreError::writing("sync", folder, error))?;
    *last = Some(Instant::now());
    Ok(())
}
