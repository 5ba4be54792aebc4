use crate::{FetchError, Monitor, Policy, download::Download, unpack::unpack};
use spec::kinds::FetchParams;
use std::{fs, path::Path};

/// What to fetch, and where to put it.
pub struct FetchJob<'a> {
    /// What the stage says.
    pub params: &'a FetchParams,
    /// Where the result goes, which does not exist yet: an archive's folder, or the file.
    pub output: &'a Path,
    /// A folder that is found again when the stage is tried again, on the same file system.
    pub partial: &'a Path,
    /// How patient to be.
    pub policy: Policy,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The size of the downloaded file in bytes.
    pub bytes: u64,
    /// Its checksum, by the algorithm of the stage's own; SHA-256 if that has none.
    pub checksum: String,
}

/// Downloads, checks and unpacks. If it fails, what was downloaded stays for the next attempt, and nothing is
/// left at the output.
///
/// # Errors
/// If no mirror gives a file with the right checksum, the archive cannot be unpacked or holds an entry that
/// is refused, the disk is full, or the work was told to stop.
pub fn fetch(job: &FetchJob, monitor: &Monitor) -> Result<Fetched, FetchError> {
    let download = Download {
        urls: &job.params.url,
        checksum: job.params.checksum.as_deref(),
        policy: &job.policy,
        monitor,
    };
    let partial = download.complete(job.partial)?;
    let fetched = Fetched { bytes: partial.length(), checksum: partial.checksum() };
    match job.params.unpack {
        Some(format) => unpack(format, &partial.path(), job.output, monitor)?,
        None => fs::rename(partial.path(), job.output).map_err(FetchError::io("move", job.output))?,
    }
    Ok(fetched)
}
