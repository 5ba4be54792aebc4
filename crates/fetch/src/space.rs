use crate::FetchError;
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// Left free for everybody else on the disk, in bytes.
const RESERVE: u64 = 64 << 20;

/// How many bytes may still be written below a folder: what was free when the work began, less a reserve. So
/// an archive that unpacks to more than the disk holds is noticed before the disk is full.
pub(crate) struct Budget {
    path: PathBuf,
    free: u64,
    taken: AtomicU64,
}

impl Budget {
    /// What is free at `path`, which exists. Where the system does not say, there is no limit.
    pub(crate) fn at(path: &Path) -> Self {
        Self::new(path, free(path))
    }

    fn new(path: &Path, free: u64) -> Self {
        let free = free.saturating_sub(RESERVE.min(free / 10));
        Self { path: path.to_owned(), free, taken: AtomicU64::new(0) }
    }

    /// Takes so many bytes, or says that they do not fit.
    pub(crate) fn take(&self, bytes: u64) -> Result<(), FetchError> {
        let before = self.taken.fetch_add(bytes, Ordering::Relaxed);
        self.compare(before.saturating_add(bytes))
    }

    /// Says so if so many bytes in all do not fit.
    pub(crate) fn compare(&self, needs: u64) -> Result<(), FetchError> {
        if needs <= self.free {
            return Ok(());
        }
        Err(FetchError::NoRoom { path: self.path.clone(), needs, free: self.free })
    }
}

fn free(path: &Path) -> u64 {
    rustix::fs::statvfs(path).map_or(u64::MAX, |found| found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_left() {
        let budget = Budget::new(Path::new("/x"), 1000);
        budget.take(600).unwrap();
        budget.take(300).unwrap();
        let message = budget.take(1).unwrap_err().to_string();
        assert_eq!(message, "/x: 901 bytes are needed, and 900 are free");
        assert!(budget.compare(u64::MAX).is_err());
    }

    #[test]
    fn the_system_says_what_is_free() {
        let budget = Budget::at(Path::new("/"));
        assert!(budget.free < u64::MAX - RESERVE, "{}", budget.free);
    }
}
