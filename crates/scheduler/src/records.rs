//! Whether all that is filed of runs can be read.

use crate::{kept, latest, runs, settled};
use std::{
    fs,
    path::{Path, PathBuf},
};
use store::{Store, StoreError};

/// What [`read_all`] has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordsRead {
    /// How many records there are.
    pub count: usize,
    /// Those that cannot be read, and why.
    pub damaged: Vec<(PathBuf, String)>,
}

/// Reads the records of all runs, what is noted of those that are kept, and what pipelines last had.
pub fn read_all(store: &Store) -> RecordsRead {
    let mut read = RecordsRead::default();
    let mut ids: Vec<String> = runs::ids(store).collect();
    ids.sort_unstable();
    for id in ids {
        read.note(runs::record_path(store, &id), runs::check);
        read.note(kept::path(store, &id), kept::check);
    }
    for path in files(&latest::folder(store)) {
        read.note(path, latest::check);
    }
    for path in files(&settled::folder(store)) {
        read.note(path, settled::check);
    }
    read
}

impl RecordsRead {
    fn note(&mut self, path: PathBuf, check: fn(&Path) -> Result<bool, StoreError>) {
        match check(&path) {
            Ok(is_there) => self.count += usize::from(is_there),
            Err(error) => {
                self.count += 1;
                let problem = match error {
                    StoreError::Damaged { detail, .. } => detail,
                    other => other.to_string(),
                };
                self.damaged.push((path, problem));
            }
        }
    }
}

/// The documents in a folder; what else lies there was left by a killed process.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    paths.sort_unstable();
    paths
}
