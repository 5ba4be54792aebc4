use crate::{
    diagnostics::Diagnostics,
    node::{Node, Table},
    pipeline::Resources,
    units,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// The fields that every stage takes, beside `kind` and `matrix`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct CommonFields {
    /// What the stage is for, in words.
    pub description: Option<String>,
    /// What the stage needs of the machine.
    pub resources: ResourceFields,
    /// Stages that must have ended before this one starts, without being inputs.
    pub after: Vec<String>,
    /// How often the stage is tried again after a failure.
    pub retries: u32,
    /// After how long the stage is ended, as in `2h` or `1h30m`.
    timeout: Option<String>,
    /// Stages with the same name here never run at the same time.
    pub mutex: Option<String>,
    /// Whether results may come from the cache; `false` runs the stage always.
    pub cache: bool,
    /// Keeps the last result even if the stage is stale.
    pub frozen: bool,
    /// Runs the stage only if another one that runs refers to it, or `--stage` names it.
    pub on_demand: bool,
    /// Environment variables whose values count as inputs.
    pub env: Vec<String>,
}

/// What a stage needs of the machine.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ResourceFields {
    /// Processors; all of them for trainings and other built-in work unless told, otherwise 1.
    #[schemars(range(min = 1))]
    cpus: Option<u32>,
    /// Memory in bytes, or as in `16GiB`.
    memory: Option<Memory>,
    /// Whole GPUs.
    gpus: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Memory {
    Bytes(u64),
    Text(String),
}

impl Default for CommonFields {
    fn default() -> Self {
        Self {
            description: None,
            resources: ResourceFields::default(),
            after: Vec::new(),
            retries: 0,
            timeout: None,
            mutex: None,
            cache: true,
            frozen: false,
            on_demand: false,
            env: Vec::new(),
        }
    }
}

impl CommonFields {
    /// The timeout as a duration; a wrong one is reported.
    pub fn timeout(&self, fields: &Table, diagnostics: &mut Diagnostics) -> Option<Duration> {
        let text = self.timeout.as_deref()?;
        let timeout = units::duration(text);
        if timeout.is_none() {
            let message = format!("`timeout`: `{text}` is no duration");
            report(
                fields.get("timeout"),
                message,
                "write it as in \"90s\", \"30m\", \"2h\" or \"1h30m\"",
                diagnostics,
            );
        }
        timeout
    }

    /// The resources in units; a wrong amount of memory is reported.
    pub fn resources(&self, fields: &Table, diagnostics: &mut Diagnostics) -> Resources {
        let ResourceFields { cpus, memory, gpus } = &self.resources;
        let memory = memory.as_ref().and_then(|memory| match memory {
            Memory::Bytes(bytes) => Some(*bytes),
            Memory::Text(text) => {
                let bytes = units::bytes(text);
                if bytes.is_none() {
                    let message = format!("`resources.memory`: `{text}` is no amount of memory");
                    let node = fields.find(&["resources", "memory"]);
                    report(node, message, "write it as in \"16GiB\" or \"512MB\"", diagnostics);
                }
                bytes
            }
        });
        Resources { cpus: *cpus, memory, gpus: *gpus }
    }
}

fn report(node: Option<&Node>, message: String, hint: &str, diagnostics: &mut Diagnostics) {
    if let Some(node) = node {
        diagnostics.error(node.span, message).hint(hint);
    }
}
