//! Runs that a person wants to keep: a collection spares their results, and nobody removes them by mistake.

use crate::{SchedulerError, runs};
use proto::{RunRecord, RunStatus};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use store::{Store, StoreError};

/// That a run is kept, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The layout of this document.
    format: u32,
    /// Since when, RFC 3339 in UTC.
    pub since: String,
    /// What the person says about it.
    pub note: Option<String>,
}

const FORMAT: u32 = 1;

/// Keeps a run. One that is kept already gets the new note.
///
/// # Errors
/// When it cannot be written.
pub fn keep(store: &Store, run: &str, note: Option<String>) -> Result<(), SchedulerError> {
    let kept = Kept { format: FORMAT, since: jiff::Timestamp::now().to_string(), note };
    Ok(store::write_document(&path(store, run), &kept)?)
}

/// Whether a run is kept. A damaged note still keeps it.
pub fn kept(store: &Store, run: &str) -> Option<Kept> {
    let path = path(store, run);
    let read = store::read_document::<Kept>(&path, FORMAT).unwrap_or_else(|_| {
        Some(Kept { format: FORMAT, since: String::new(), note: Some("the note is damaged".to_owned()) })
    });
    read.filter(|_| path.exists())
}

/// Keeps a run no longer.
///
/// # Errors
/// When the note cannot be removed.
pub fn unkeep(store: &Store, run: &str) -> Result<(), SchedulerError> {
    let path = path(store, run);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SchedulerError::Io(path, error)),
        _ => Ok(()),
    }
}

/// Removes the record of a run, its events and its logs. What its stages made stays until it is collected.
///
/// # Errors
/// If it is kept or at work, and when it cannot be removed.
pub fn remove(store: &Store, run: &RunRecord) -> Result<(), SchedulerError> {
    if kept(store, &run.id).is_some() {
        return Err(SchedulerError::KeptRun(run.id.clone()));
    }
    if run.status == RunStatus::Running {
        return Err(SchedulerError::RunningRun(run.id.clone()));
    }
    // Renamed first, so that nobody sees a part; what a kill leaves there is rubbish for the next collection.
    let folder = runs::folder(store).join(&run.id);
    let aside = store.root().join("tmp").join(format!("run-{}", run.id));
    let failed = |error| SchedulerError::Io(folder.clone(), error);
    fs::rename(&folder, &aside).map_err(failed)?;
    fs::remove_dir_all(&aside).map_err(failed)
}

pub(crate) fn path(store: &Store, run: &str) -> PathBuf {
    runs::folder(store).join(run).join("kept.json")
}

/// Whether there is such a document; an error if it cannot be read.
pub(crate) fn check(path: &Path) -> Result<bool, StoreError> {
    Ok(store::read_document::<Kept>(path, FORMAT)?.is_some())
}
