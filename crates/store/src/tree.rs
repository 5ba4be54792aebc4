use crate::Digest;
use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

/// Keeps the digest of a folder apart from that of any file: no file has it, whatever it holds.
const CONTEXT: &str = "pipeline store: folder, format 1";

/// What an entry of a folder is; links count as what they lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Executable,
    Folder,
}

impl EntryKind {
    const fn tag(self) -> u8 {
        match self {
            EntryKind::File => b'f',
            EntryKind::Executable => b'x',
            EntryKind::Folder => b'd',
        }
    }
}

/// The digest of a folder, from the digests of what lies in it: Merkle's tree, so one changed file costs
/// one file.
pub(crate) struct FolderHasher(blake3::Hasher);

impl FolderHasher {
    pub(crate) fn new() -> FolderHasher {
        FolderHasher(blake3::Hasher::new_derive_key(CONTEXT))
    }

    /// Adds an entry; they must come in the order of the bytes of their names.
    pub(crate) fn add(&mut self, name: &OsStr, kind: EntryKind, digest: &Digest) {
        self.0.update(&[kind.tag()]);
        self.0.update(digest.as_bytes());
        self.0.update(&(name.len() as u64).to_le_bytes());
        self.0.update(name.as_bytes());
    }

    pub(crate) fn finish(&self) -> Digest {
        Digest::from_bytes(*self.0.finalize().as_bytes())
    }
}
