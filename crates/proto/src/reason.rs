use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a stage is stale: one difference between the key it has now and the key it last ran with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Reason {
    /// No earlier result of this stage is known.
    NeverRun,
    /// The kind itself gives other results than it did.
    KindVersionChanged { old: Value, new: Value },
    /// The same parameter has another value.
    ParamChanged { name: String, old: Value, new: Value },
    /// A parameter is new.
    ParamAdded { name: String, new: Value },
    /// A parameter is gone.
    ParamRemoved { name: String, old: Value },
    /// The content of an input is another. `old` and `new` are digests, or lists of them.
    InputChanged { name: String, old: Value, new: Value },
    /// An input is new.
    InputAdded { name: String, new: Value },
    /// An input is gone.
    InputRemoved { name: String, old: Value },
    /// An output is new.
    OutputAdded { name: String },
    /// An output is gone.
    OutputRemoved { name: String },
    /// The command itself is another. Both are lists of arguments, references unexpanded.
    CommandChanged { old: Value, new: Value },
    /// A declared environment variable has another value; null where it is not set.
    EnvChanged { name: String, old: Value, new: Value },
    /// A stage that it needs is stale itself; whether this one is depends on what that yields.
    UpstreamStale { stage: String },
    /// It ran with this very key, but its result is no longer in the cache.
    CacheMissing,
    /// `--force` was given.
    Forced,
    /// `cache = false`.
    Always,
}
