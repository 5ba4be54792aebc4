//! What outlasts a power cut, and when.
//!
//! Thousands of small stages must be recorded in seconds, so no commit waits for the disk by itself.
//! Every file of the store tells whether it is whole instead: objects are named by the digest of their
//! content, actions and documents carry a checksum. The one thing that lets such a check be skipped, the
//! index, is replaced only after a `syncfs` of what the store has written that it speaks of. So after a
//! power cut, what had not reached the disk is found damaged and made again; what is trusted unread is
//! whole. To bound how much is made again, a commit also syncs when the last sync is more than a second
//! old. A killed process loses nothing: what it wrote is in the kernel's hands, and it renames whole
//! files only.

use crate::StoreError;
use std::{
    collections::HashMap,
    fs::{self, File},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const AT_MOST_UNSYNCED: Duration = Duration::from_secs(1);

/// When the store's file system was last synced by this process, and which others are to be.
#[derive(Default)]
pub(crate) struct Durability {
    last: Mutex<Option<Instant>>,
    /// A folder on each other file system that something was placed on, by device.
    elsewhere: Mutex<HashMap<u64, PathBuf>>,
}

impl Durability {
    /// Waits until all that was written to the file system of `folder`, and elsewhere, is on disk.
    pub(crate) fn sync(&self, folder: &Path) -> Result<(), StoreError> {
        let elsewhere = std::mem::take(&mut *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner));
        elsewhere.values().try_for_each(|folder| sync_file_system(folder))?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        sync_file_system(folder)?;
        *last = Some(Instant::now());
        Ok(())
    }

    /// Waits for the file system of `folder` if the last time is too long ago and no other thread is at it.
    pub(crate) fn sync_if_due(&self, folder: &Path) -> Result<(), StoreError> {
        let Ok(mut last) = self.last.try_lock() else { return Ok(()) };
        if last.is_none_or(|last| last.elapsed() >= AT_MOST_UNSYNCED) {
            sync_file_system(folder)?;
            *last = Some(Instant::now());
        }
        Ok(())
    }

    /// Notes that something was written to the file system of `folder`, which is not that of the store.
    pub(crate) fn wrote_elsewhere(&self, folder: &Path) {
        if let Ok(metadata) = fs::metadata(folder) {
            let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
            elsewhere.entry(metadata.dev()).or_insert_with(|| folder.to_owned());
        }
    }
}

fn sync_file_system(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|opened| Ok(rustix::fs::syncfs(&opened)?))
        .map_err(|error| StoreError::writing("sync", folder, error))
}
