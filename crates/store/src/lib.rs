//! `.pipeline/`: content-addressed objects, the actions that made them, digests of files, locks, atomic
//! writes, garbage collection. What a key is made of, and which stage has to run, is the scheduler's
//! business; this crate knows keys and contents only by their digests.
//!
//! ```text
//! .pipeline/
//!   format               version of this layout          objects/ab/cdef…   content by digest, read-only
//!   index                digests of files, remembered    actions/<key>.json what a key produced
//!   stages/<key>/        a stage at work, kept if failed locks              one byte a lock
//!   checkpoints/<name>   of trainings                    damaged/           objects that failed verification
//!   runs/, latest/       written by the scheduler        tmp/               files not yet renamed into place
//!   in-use/              what stages at work read
//! ```

mod action;
mod atomic;
mod claim;
mod commit;
mod content;
mod copy;
mod digest;
mod document;
mod durability;
mod error;
mod file_digests;
mod gc;
mod in_use;
mod index;
mod index_file;
mod layout;
mod listing;
pub mod lock;
mod object;
mod path_key;
mod place;
mod remove;
mod seal;
mod stage_folders;
mod stamp;
mod store;
mod tree;
mod verify;
mod write;

pub use action::{ActionRecord, Made, StoredOutput};
pub use atomic::atomic_write;
pub use claim::{Begin, Claim};
pub use digest::{Digest, InvalidDigest};
pub use document::{read_document, write_document};
pub use error::StoreError;
pub use gc::{Collection, GcItem, GcItemKind, GcReport, Roots};
pub use layout::FORMAT;
pub use place::Placed;
pub use stage_folders::PARTIAL;
pub use stamp::Stamp;
pub use store::Store;
pub use verify::{DamagedObject, MissingOutput, VerifyReport, verify};
