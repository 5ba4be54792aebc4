use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The fields of a `command` stage as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandParams {
    /// The program and its arguments, split like a POSIX shell does; or, with `shell = true`, a script.
    pub run: String,
    /// Runs `run` with `sh -c` instead of splitting it.
    #[serde(default)]
    pub shell: bool,
    /// Files, folders or references by name; `${inputs.NAME}` in `run` is the path.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Paths>")]
    pub inputs: BTreeMap<String, serde_json::Value>,
    /// File or folder names by name; `${outputs.NAME}` in `run` is the path to write.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
}

/// One path or reference, or several.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Paths {
    One(String),
    Several(Vec<String>),
}
