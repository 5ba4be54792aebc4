use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a worker ended, in its own words. A worker that leaves none has crashed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageOutcome {
    /// [`crate::FORMAT`] of the writer.
    pub format: u32,
    /// Whether the outputs are whole.
    pub status: OutcomeStatus,
    /// What went wrong, one line a cause, outermost first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Ways out of the error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// Device, libtorch version and the like; recorded beside the result, never in a key.
    #[serde(default)]
    pub provenance: BTreeMap<String, String>,
    /// The states of a training that it leaves in the folder of checkpoints.
    #[serde(default)]
    pub checkpoints: CheckpointNames,
}

/// States of a training, each by the digest of the trajectory that led to it, in hexadecimal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointNames {
    /// Where a phase ends, or the training: from there another one may go on.
    pub ends: Vec<String>,
    /// Within a phase.
    pub within: Vec<String>,
}

/// Whether a stage did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeStatus {
    /// Every required output is written.
    Succeeded,
    /// It could not be done.
    Failed,
    /// It was told to stop and has saved what it could.
    Interrupted,
}
