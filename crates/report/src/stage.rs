use crate::progress::Progress;
use proto::{RunRecord, RunStatus, StageNode, StageRecord, StageResult};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A stage of a run as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Stage {
    pub name: String,
    pub kind: String,
    pub state: State,
    /// Seconds it took in this run.
    pub seconds: Option<f64>,
    /// Seconds it took when it was executed.
    pub executed_seconds: Option<f64>,
    /// What it needs: stages, and what they hand on.
    pub needs: BTreeMap<String, Vec<String>>,
    /// Parameters in its key, as people write them.
    pub params: Vec<(String, String)>,
    /// The numbers it measured.
    pub metrics: Vec<(String, Value)>,
    /// Device, versions and the like.
    pub provenance: BTreeMap<String, String>,
    pub error: Option<String>,
    /// Epochs that are done, and of how many, while it is at work.
    pub epochs: Option<(u32, u32)>,
    /// Names in [`crate::Document`]'s artifacts.
    pub curve: Option<String>,
    pub confusion: Option<String>,
}

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    Executed,
    Restored,
    Fresh,
    Failed,
    Skipped,
    Interrupted,
    /// It is at work.
    Running,
    /// The run is at work and has not come to it.
    Waiting,
    /// The run had nothing to do with it.
    NotSelected,
}

impl Stage {
    /// A node of the run's graph, with what is recorded or told of it.
    pub fn new(
        run: &RunRecord,
        node: &StageNode,
        record: Option<&StageRecord>,
        progress: Option<&Progress>,
    ) -> Self {
        let metrics = record.and_then(|record| record.metrics.as_ref());
        let at_work = progress.filter(|progress| progress.ended.is_none() && record.is_none());
        Self {
            name: node.name.clone(),
            kind: node.kind.clone(),
            state: state(run, record, progress),
            seconds: record.map(|record| record.seconds).or_else(|| progress?.seconds),
            executed_seconds: record.map(|record| record.executed_seconds),
            needs: node.needs.clone(),
            params: record.map_or_else(Vec::new, |record| texts(&record.params)),
            metrics: metrics.map_or_else(Vec::new, |metrics| results::flatten("", metrics)),
            provenance: record.map(|record| record.provenance.clone()).unwrap_or_default(),
            error: record.and_then(|record| record.error.clone()).or_else(|| progress?.failure()),
            epochs: at_work.and_then(Progress::epochs),
            curve: None,
            confusion: None,
        }
    }
}

impl Progress {
    fn failure(&self) -> Option<String> {
        self.message.clone().filter(|_| self.ended == Some(StageResult::Failed))
    }
}

/// Parameters by dotted path, each as people write it.
pub(crate) fn texts(params: &BTreeMap<String, Value>) -> Vec<(String, String)> {
    let leaves = params.iter().flat_map(|(name, value)| results::flatten(name, value));
    leaves.map(|(name, value)| (name, results::text_of(&value))).collect()
}

fn state(run: &RunRecord, record: Option<&StageRecord>, progress: Option<&Progress>) -> State {
    let is_at_work = run.status == RunStatus::Running;
    match (record, progress) {
        (Some(record), _) => State::from(record.outcome),
        (None, Some(progress)) => match progress.ended {
            Some(outcome) => State::from(outcome),
            None if is_at_work => State::Running,
            None => State::Interrupted,
        },
        (None, None) if is_at_work => State::Waiting,
        (None, None) => State::NotSelected,
    }
}

impl From<StageResult> for State {
    fn from(outcome: StageResult) -> Self {
        match outcome {
            StageResult::Executed => Self::Executed,
            StageResult::Restored => Self::Restored,
            StageResult::Fresh => Self::Fresh,
            StageResult::Failed => Self::Failed,
            StageResult::Skipped => Self::Skipped,
            StageResult::Interrupted => Self::Interrupted,
        }
    }
}
