use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A figure of each epoch by which epochs can be told better or worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Share of the validation images that are right.
    #[default]
    ValAccuracy,
    /// Validation loss, penalty included.
    ValLoss,
    /// Validation loss without the penalty.
    ValCrossEntropy,
    /// Share of the training images that were right as they were trained.
    TrainAccuracy,
    /// Training loss, penalty included.
    TrainLoss,
}

impl Figure {
    /// The name in pipeline files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ValAccuracy => "val_accuracy",
            Self::ValLoss => "val_loss",
            Self::ValCrossEntropy => "val_cross_entropy",
            Self::TrainAccuracy => "train_accuracy",
            Self::TrainLoss => "train_loss",
        }
    }

    /// Whether it is known only with a validation set.
    pub const fn needs_validation(self) -> bool {
        matches!(self, Self::ValAccuracy | Self::ValLoss | Self::ValCrossEntropy)
    }

    /// Whether more is better.
    pub const fn is_better_high(self) -> bool {
        matches!(self, Self::ValAccuracy | Self::TrainAccuracy)
    }
}
