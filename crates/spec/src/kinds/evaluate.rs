use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters of an `evaluate` stage. Its inputs are `weights` and `dataset`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateParams {
    /// Images a forward pass. Does not change the results beyond rounding.
    #[serde(default = "default_batch_size")]
    #[schemars(range(min = 1))]
    pub batch_size: u32,
    /// Averages the probabilities of each image and its mirror image (test-time augmentation).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flip: bool,
}

fn default_batch_size() -> u32 {
    256
}

impl super::Parameters for EvaluateParams {}
