//! Network, augmentation, optimiser, schedule, epoch, checkpoint, evaluation on libtorch.
//!
//! What is read from HDF5 comes from the crate `data`; processes, requests and outcomes are the worker's.

mod accumulation;
mod allocator;
pub mod augment;
mod batch;
mod checkpoint;
mod early_stopping;
mod error;
mod evaluation;
mod figures;
mod gradient_norm;
mod history;
mod image_source;
mod loader;
mod loss;
mod model_description;
mod network;
mod optimiser;
mod order;
mod pace;
mod plot;
mod precision;
mod prediction;
mod prefetch;
mod random;
mod schedule;
mod tensorboard;
mod trained_network;
mod trainer;
mod trajectory;
mod weight_average;
mod weights;
mod whole_file;

pub use accumulation::Part;
pub use batch::{Batch, Partners};
pub use checkpoint::{CheckpointFolder, TrainingState};
pub use error::TrainError;
pub use evaluation::{
    Asked, ConfusionMatrix, EvaluationFiles, EvaluationJob, EvaluationMetrics, Prediction, Scores, evaluate,
    score,
};
pub use history::{EpochRecord, History};
pub use image_source::ImageSource;
pub use loader::{Batches, Loader, LoaderOptions};
pub use loss::{StepResult, StepRule, cross_entropy, training_step};
pub use model_description::ModelDescription;
pub use network::{LayerSummary, Network};
pub use optimiser::{Optimiser, OptimiserSettings};
pub use order::epoch_order;
pub use pace::Pace;
pub use plot::{draw_confusion, draw_contact_sheet, draw_curves, draw_curves_svg};
pub use prediction::{ClassProbability, ImagePrediction, PredictionJob, Predictions, predict};
pub use random::{Purpose, Stream};
pub use schedule::Schedule;
pub use trained_network::TrainedNetwork;
pub use trainer::{
    StepFigures, TrainingEnd, TrainingFiles, TrainingInput, TrainingInputs, TrainingJob, train,
};
pub use trajectory::{Start, Trajectory};
pub use weights::{WeightsFile, load_weights, save_weights};
