//! The history: reading the records that runs have left.

use crate::{SchedulerError, paths};
use proto::{RunEvent, RunRecord, RunStatus};
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};
use store::{Store, StoreError};

/// The folder of all runs.
pub(crate) fn folder(store: &Store) -> PathBuf {
    store.root().join("runs")
}

pub(crate) fn record_path(store: &Store, run: &str) -> PathBuf {
    folder(store).join(run).join("run.json")
}

pub(crate) fn events_path(store: &Store, run: &str) -> PathBuf {
    folder(store).join(run).join("events.jsonl")
}

/// Where the log of a stage in a run is, whether or not it exists.
pub fn log_path(store: &Store, run: &str, stage: &str) -> PathBuf {
    folder(store).join(run).join("logs").join(format!("{}.log", paths::file_name(stage)))
}

/// All runs, newest first. One whose record cannot be read is left out.
pub fn list(store: &Store) -> Vec<RunRecord> {
    list_all(store).0
}

/// All runs, newest first, and the ids of those whose records are damaged or of a newer version.
pub fn list_all(store: &Store) -> (Vec<RunRecord>, Vec<String>) {
    let (mut records, mut unreadable) = (Vec::new(), Vec::new());
    for id in newest_first(store) {
        match read(store, &id) {
            Ok(record) => records.push(record),
            // It is about to write its first record, or was killed before it did.
            Err(SchedulerError::UnknownRun(_)) => {}
            Err(_) => unreadable.push(id),
        }
    }
    (records, unreadable)
}

/// One that was killed before it wrote its record is passed over.
fn newest(store: &Store) -> Option<RunRecord> {
    newest_first(store).iter().find_map(|id| read(store, id).ok())
}

fn newest_first(store: &Store) -> Vec<String> {
    let mut ids: Vec<String> = ids(store).collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}

/// The run with this id, or the only one whose id begins like this; `latest` is the newest.
pub fn load(store: &Store, id: &str) -> Result<RunRecord, SchedulerError> {
    if id == "latest" {
        return newest(store).ok_or_else(|| SchedulerError::UnknownRun(id.into()));
    }
    let mut matching: Vec<String> = ids(store).filter(|candidate| candidate.starts_with(id)).collect();
    if matching.iter().any(|candidate| candidate == id) {
        return read(store, id);
    }
    match (matching.pop(), matching.is_empty()) {
        (Some(only), true) => read(store, &only),
        (Some(_), false) => Err(SchedulerError::AmbiguousRun(id.into())),
        (None, _) => Err(SchedulerError::UnknownRun(id.into())),
    }
}

/// What happened in a run, in order. A line that is not whole ends it.
pub fn events(store: &Store, run: &str) -> impl Iterator<Item = RunEvent> {
    let lines = File::open(events_path(store, run)).ok().map(|file| BufReader::new(file).lines());
    lines.into_iter().flatten().map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok())
}

/// What happens in a run at work: an iterator that ends where the file ends for now, and goes on from there when
/// it is asked again.
pub fn follow(store: &Store, run: &str) -> impl Iterator<Item = RunEvent> {
    let mut reader = File::open(events_path(store, run)).ok().map(BufReader::new);
    let mut line = String::new();
    std::iter::from_fn(move || {
        loop {
            // A line that is not whole yet is kept until the rest is there.
            if reader.as_mut()?.read_line(&mut line).ok()? == 0 || !line.ends_with('\n') {
                return None;
            }
            let event = serde_json::from_str(&line).ok();
            line.clear();
            if event.is_some() {
                return event;
            }
        }
    })
}

pub(crate) fn ids(store: &Store) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder(store)).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

/// A run that was killed left a record that says `running`; it counts as interrupted.
fn read(store: &Store, run: &str) -> Result<RunRecord, SchedulerError> {
    let record = store::read_document::<RunRecord>(&record_path(store, run), proto::FORMAT)?;
    let mut record = record.ok_or_else(|| SchedulerError::UnknownRun(run.into()))?;
    if record.status == RunStatus::Running && !is_at_work(&events_path(store, run)) {
        record.status = RunStatus::Interrupted;
    }
    Ok(record)
}

/// A runner holds a lock on its events as long as it lives.
fn is_at_work(events: &Path) -> bool {
    File::open(events).is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockShared).is_err())
}

/// Whether there is such a document; an error if it cannot be read.
pub(crate) fn check(path: &Path) -> Result<bool, StoreError> {
    Ok(store::read_document::<RunRecord>(path, proto::FORMAT)?.is_some())
}
