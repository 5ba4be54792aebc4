//! Unpacking archives whose entries are trusted in nothing.
//!
//! Names are checked before anything is made ([`entry_path`]); files are only ever created anew, below a
//! folder that is itself new, and links are made last ([`tree`]). So nothing can be written outside of it,
//! whatever an archive holds.

mod content;
mod entry_path;
mod gzip;
mod shared_file;
mod tape;
mod tree;
mod unpack_archive;
mod zip_archive;

pub(crate) use unpack_archive::unpack;
