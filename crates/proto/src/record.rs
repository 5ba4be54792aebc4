use crate::Reason;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spec::{MetricSpec, Reference};
use std::collections::BTreeMap;

/// What is kept of a run in `.pipeline/runs/<id>/run.json`: all that comparisons and `show` need, so that
/// they work after the pipeline file has changed or gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`crate::FORMAT`] of the writer.
    pub format: u32,
    /// The run's id: sorts by time of start.
    pub id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// What tells it from the other experiments of a sweep: `lr=0.1,seed=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The pipeline file, relative to the project root.
    pub file: String,
    /// What the author says about the pipeline.
    #[serde(default)]
    pub description: Option<String>,
    /// What `--set` changed.
    pub overrides: BTreeMap<String, Value>,
    /// The parameters in force.
    pub params: BTreeMap<String, Value>,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// When it ended; `None` while it is at work or if the runner was killed.
    pub finished: Option<String>,
    /// How it ended, or `running`.
    pub status: RunStatus,
    /// Who ran it, on what, with which code.
    pub provenance: Provenance,
    /// All stages of the pipeline and what they need, known from the beginning; empty in older records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub graph: Vec<StageNode>,
    /// How the stages ended, in the order of the pipeline; empty while the run is at work.
    pub stages: Vec<StageRecord>,
    /// What comparisons show, as declared in the file.
    pub metrics: Vec<MetricSpec>,
    /// Published values, as declared in the file.
    pub references: Vec<Reference>,
}

/// A stage as a node of its pipeline's graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageNode {
    /// The stage's full name.
    pub name: String,
    /// The kind's name.
    pub kind: String,
    /// Full names of the stages it needs, each with the outputs that are handed on: none if only the order
    /// matters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub needs: BTreeMap<String, Vec<String>>,
}

impl RunRecord {
    /// The name that its results lie under: the pipeline's, and in a sweep `digits@lr=0.1,seed=1`.
    pub fn experiment(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}@{variant}", self.pipeline),
            None => self.pipeline.clone(),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// It is at work, or its runner was killed.
    Running,
    /// Every stage succeeded or was there already.
    Succeeded,
    /// A stage failed.
    Failed,
    /// It was told to stop.
    Interrupted,
}

/// How a stage ended in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageResult {
    /// It ran and succeeded.
    Executed,
    /// Its outputs were taken from the cache.
    Restored,
    /// Its outputs were in place; nothing was done.
    Fresh,
    /// It ran and failed.
    Failed,
    /// It did not run, since something it needs failed or the run ended before.
    Skipped,
    /// It was told to stop.
    Interrupted,
}

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    /// The stage's full name.
    pub name: String,
    /// The kind's name.
    pub kind: String,
    /// How it ended.
    pub outcome: StageResult,
    /// How long it took in this run, in seconds.
    pub seconds: f64,
    /// How long it took when it was executed, in seconds; equal to `seconds` if that was now.
    pub executed_seconds: f64,
    /// The key's digest, if it got as far as having one.
    #[serde(default)]
    pub key: Option<String>,
    /// The run that executed it, which may be an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// The values of its matrix cell, which its name has in a form fit for files only; not in older records.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub matrix: BTreeMap<String, Value>,
    /// The parameters in its key.
    pub params: BTreeMap<String, Value>,
    /// What its `metrics` output held.
    #[serde(default)]
    pub metrics: Option<Value>,
    /// Digest of each output by name.
    pub outputs: BTreeMap<String, String>,
    /// Why it ran.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// What went wrong.
    #[serde(default)]
    pub error: Option<String>,
    /// Device, libtorch version and the like, of the execution that made the outputs.
    #[serde(default)]
    pub provenance: BTreeMap<String, String>,
}

/// Who ran it, on what, with which code.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The user's name.
    pub user: String,
    /// The machine's name.
    pub host: String,
    /// Version of this program.
    pub version: String,
    /// The git revision of the project, if it is in a repository.
    #[serde(default)]
    pub git_revision: Option<String>,
    /// Whether the work tree differed from it.
    #[serde(default)]
    pub git_dirty: Option<bool>,
    /// Processors of the machine.
    pub cpus: usize,
    /// The command line.
    pub command: Vec<String>,
}
