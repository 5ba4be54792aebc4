use super::{Figure, is_zero};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a training ends before its last epoch: `early_stopping = { patience = 10, metric = "val_loss" }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// The training ends once so many epochs in a row have not been better than the best before them.
    #[schemars(range(min = 1))]
    pub patience: u32,
    /// What is compared.
    #[serde(default)]
    pub metric: Figure,
    /// By how much an epoch must be better to count.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
}
