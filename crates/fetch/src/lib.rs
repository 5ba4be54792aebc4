//! Downloads that can be resumed, and archives unpacked without harm.
//!
//! Here lives what a `fetch` stage does: mirrors, retries and partial downloads ([`fetch`]), checksums, and
//! the unpacking of archives whose entries are trusted in nothing. When a stage runs, and where its partial
//! download is kept between two attempts, is the runner's business.

mod attempt;
mod checksum;
mod download;
mod error;
mod job;
mod monitor;
mod partial;
mod policy;
mod space;
mod transfer;
mod unpack;

pub use error::{FetchError, MirrorFailure};
pub use job::{FetchJob, Fetched, fetch};
pub use monitor::Monitor;
pub use policy::Policy;
