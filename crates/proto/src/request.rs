use serde::{Deserialize, Serialize};
use serde_json::Value;
use spec::Kind;
use std::{collections::BTreeMap, path::PathBuf};

/// All that a worker is told about the stage it is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRequest {
    /// [`crate::FORMAT`] of the writer.
    pub format: u32,
    /// The pipeline's name, for messages and provenance.
    pub pipeline: String,
    /// The stage's full name, for messages and provenance.
    pub stage: String,
    /// What to do.
    pub kind: Kind,
    /// The kind's parameters, defaults filled in; deserialises into the kind's struct in `spec::kinds`.
    pub params: Value,
    /// Input files by name; several for a list.
    pub inputs: BTreeMap<String, Vec<RequestInput>>,
    /// Where to write each output, by name: absolute paths inside the stage directory.
    pub outputs: BTreeMap<String, PathBuf>,
    /// The project root, absolute.
    pub root: PathBuf,
    /// The folder of training checkpoints, absolute; shared by all stages.
    pub checkpoints: PathBuf,
    /// A folder, absolute, that the next attempt finds again should this one fail or be killed; not made yet
    /// if nothing is in it.
    pub partial: PathBuf,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// How many processors it may use.
    pub threads: usize,
    /// Facts to carry into what it writes: pipeline version, git revision and the like.
    pub provenance: BTreeMap<String, String>,
}

/// One input file or folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestInput {
    /// Absolute path. Read-only for the worker.
    pub path: PathBuf,
    /// The content's BLAKE3 digest in hexadecimal.
    pub digest: String,
}
