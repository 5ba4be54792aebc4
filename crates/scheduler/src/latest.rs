use crate::SchedulerError;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use store::{Digest, Store, StoreError};

pub(crate) const FORMAT: u32 = 1;

/// Which key each stage of a pipeline last had a result for, and in which run: what a stale stage is
/// compared with. Losing it costs explanations, never results.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    /// The layout of this document.
    pub format: u32,
    /// The run that last changed something.
    pub run: Option<String>,
    /// Keys by the stage's full name.
    pub stages: BTreeMap<String, Digest>,
}

impl Latest {
    /// Reads it; a damaged or missing one counts as empty.
    pub fn read(store: &Store, pipeline: &str) -> Result<Self, SchedulerError> {
        match store::read_document(&path(store, pipeline), FORMAT) {
            Ok(latest) => Ok(latest.unwrap_or_default()),
            Err(StoreError::Damaged { .. }) => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// The experiments that one is on disk for, each with its file.
    pub fn list(store: &Store) -> Vec<(String, PathBuf)> {
        let entries = fs::read_dir(folder(store)).into_iter().flatten().flatten().map(|entry| entry.path());
        let named =
            |path: PathBuf| Some((path.file_name()?.to_str()?.strip_suffix(".json")?.to_owned(), path));
        entries.filter_map(named).collect()
    }

    /// The key that a stage last had a result for.
    pub fn key(&self, stage: &str) -> Option<Digest> {
        self.stages.get(stage).copied()
    }

    /// Puts it in the place of the one on disk.
    pub fn write(&self, store: &Store, pipeline: &str) -> Result<(), SchedulerError> {
        Ok(store.write_document(&path(store, pipeline), self)?)
    }
}

fn path(store: &Store, pipeline: &str) -> PathBuf {
    folder(store).join(format!("{pipeline}.json"))
}

/// Whether there is such a document; an error if it cannot be read.
pub(crate) fn check(path: &Path) -> Result<bool, StoreError> {
    Ok(store::read_document::<Latest>(path, FORMAT)?.is_some())
}

pub(crate) fn folder(store: &Store) -> PathBuf {
    store.root().join("latest")
}
