use crate::run::{Artifacts, Run};
use proto::{RunRecord, RunStatus};
use serde::Serialize;
use std::hash::{DefaultHasher, Hash, Hasher};
use store::Store;

/// What may have changed since the page last asked: the runs at work.
#[derive(Debug, Clone, Serialize)]
pub struct LiveDocument {
    /// If it is not that of the page's document, runs have come, ended or gone.
    revision: String,
    runs: Vec<Run>,
    artifacts: Artifacts,
}

impl LiveDocument {
    /// How the runs at work among `records` stand.
    pub fn new(store: &Store, records: &[RunRecord]) -> Self {
        let mut artifacts = Artifacts::new();
        let at_work = records.iter().filter(|record| record.status == RunStatus::Running);
        let runs = at_work.map(|record| Run::new(store, record, &mut artifacts)).collect();
        Self { revision: revision(records), runs, artifacts }
    }
}

/// A text that changes when a run comes, ends or goes.
pub(crate) fn revision(records: &[RunRecord]) -> String {
    let mut hasher = DefaultHasher::new();
    for record in records {
        (&record.id, &record.finished, record.status == RunStatus::Running).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
