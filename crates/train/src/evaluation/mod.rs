//! How good weights are on a dataset: ranks, losses, and per class.

mod confusion;
mod files;
mod rank;
mod scores;
mod stage;

pub use confusion::ConfusionMatrix;
pub(crate) use files::write_metrics;
pub(crate) use scores::log_probabilities;
pub use scores::{Asked, Prediction, Scores, score};
pub use stage::{EvaluationFiles, EvaluationJob, EvaluationMetrics, evaluate};
