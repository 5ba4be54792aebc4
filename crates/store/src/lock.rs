//! Advisory locks that die with the process that holds them, so none is ever stale. What only reads takes
//! none.
//!
//! They are locks on single bytes of one file (open file description locks), one byte a name: a lock
//! costs no file that has to be made and cleared away again, and works between machines that share a
//! network file system.

use crate::{Digest, StoreError};
use std::{
    fs::{File, OpenOptions},
    io,
    os::fd::AsRawFd,
    path::Path,
};

/// A lock that is held until this is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Whether a lock keeps out everybody, or only those who want to be alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Exclusive,
    Shared,
}

impl Lock {
    /// Waits for the lock `name` in `file`, alone.
    ///
    /// # Errors
    /// When `file` cannot be made.
    pub fn exclusive(file: &Path, name: &str) -> Result<Lock, StoreError> {
        Lock::wait(file, name, Sharing::Exclusive)
    }

    /// Waits for the lock `name` in `file`, together with others that share it.
    ///
    /// # Errors
    /// When `file` cannot be made.
    pub fn shared(file: &Path, name: &str) -> Result<Lock, StoreError> {
        Lock::wait(file, name, Sharing::Shared)
    }

    /// Takes the lock `name` in `file` unless somebody holds it.
    ///
    /// # Errors
    /// When `file` cannot be made.
    pub fn try_exclusive(file: &Path, name: &str) -> Result<Option<Lock>, StoreError> {
        let opened = open(file)?;
        match control(&opened, libc::F_OFD_SETLK, &mut request(name, Sharing::Exclusive)) {
            Ok(()) => Ok(Some(Lock { _file: opened })),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(StoreError::writing("lock", file, error)),
        }
    }

    /// Whether somebody holds the lock `name` in `file` now. Makes and locks nothing.
    pub fn is_held(file: &Path, name: &str) -> bool {
        let mut answer = request(name, Sharing::Exclusive);
        File::open(file).is_ok_and(|opened| control(&opened, libc::F_OFD_GETLK, &mut answer).is_ok())
            && i32::from(answer.l_type) != libc::F_UNLCK
    }

    fn wait(file: &Path, name: &str, sharing: Sharing) -> Result<Lock, StoreError> {
        let opened = open(file)?;
        loop {
            match control(&opened, libc::F_OFD_SETLKW, &mut request(name, sharing)) {
                Ok(()) => return Ok(Lock { _file: opened }),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(StoreError::writing("lock", file, error)),
            }
        }
    }
}

fn open(file: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(file)
        .map_err(|error| StoreError::writing("lock", file, error))
}

/// The byte of `name`: 62 bits of its digest, so that no two names share one.
fn request(name: &str, sharing: Sharing) -> libc::flock {
    let mut byte = [0; 8];
    byte.copy_from_slice(&Digest::of(name.as_bytes()).as_bytes()[..8]);
    let kind = match sharing {
        Sharing::Exclusive => libc::F_WRLCK,
        Sharing::Shared => libc::F_RDLCK,
    };
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: (u64::from_le_bytes(byte) >> 2) as libc::off_t,
        l_len: 1,
        l_pid: 0,
    }
}

fn control(file: &File, command: libc::c_int, lock: &mut libc::flock) -> io::Result<()> {
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and these commands read and write
    // one `flock`.
    match unsafe { libc::fcntl(file.as_raw_fd(), command, std::ptr::from_mut(lock)) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_a_name_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("locks");
        assert!(!Lock::is_held(&file, "a"));
        assert!(!file.exists(), "asking makes nothing");

        let held = Lock::try_exclusive(&file, "a").unwrap().unwrap();
        assert!(Lock::try_exclusive(&file, "a").unwrap().is_none());
        assert!(Lock::try_exclusive(&file, "b").unwrap().is_some());
        assert!(Lock::is_held(&file, "a"));
        assert!(!Lock::is_held(&file, "b"));
        drop(held);
        assert!(!Lock::is_held(&file, "a"));

        let _first = Lock::shared(&file, "a").unwrap();
        let _second = Lock::shared(&file, "a").unwrap();
        assert!(Lock::try_exclusive(&file, "a").unwrap().is_none());
    }
}
