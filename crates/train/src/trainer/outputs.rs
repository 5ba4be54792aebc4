use super::{TrainingJob, session::Session};
use crate::{
    History, TrainError, Trajectory, draw_curves, evaluation::write_metrics, save_weights,
    trajectory::what_counts,
};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Where a training writes its results. Equal trainings give equal bytes in all of them.
#[derive(Debug, Clone)]
pub struct TrainingFiles {
    /// Weights as safetensors, with a [`crate::ModelDescription`] as metadata.
    pub weights: PathBuf,
    /// [`History`] as JSON.
    pub history: PathBuf,
    /// The same as CSV.
    pub history_csv: PathBuf,
    /// The learning curves as PNG.
    pub curves: PathBuf,
    /// The last and the best figures as a JSON object of numbers.
    pub metrics: PathBuf,
}

#[derive(Serialize)]
struct Metrics {
    epochs: usize,
    trainable_parameters: usize,
    train_loss: f64,
    train_cross_entropy: f64,
    train_accuracy: f64,
    #[serde(flatten)]
    val: Option<ValMetrics>,
}

#[derive(Serialize)]
struct ValMetrics {
    val_loss: f64,
    val_cross_entropy: f64,
    val_accuracy: f64,
    best_val_loss: f64,
    best_val_accuracy: f64,
    /// The epoch, from 0, after which the validation accuracy was best.
    best_epoch: u32,
}

impl TrainingFiles {
    pub(super) fn write(
        &self,
        job: &TrainingJob,
        session: Session,
        trajectory: &Trajectory,
    ) -> Result<(), TrainError> {
        let mut metadata = session.description.to_metadata()?;
        for (name, value) in [
            ("training", what_counts(&job.params)),
            ("learning_rates", json!(job.schedule.learning_rates())),
            ("trajectory", json!(trajectory.after(trajectory.epochs()))),
        ] {
            metadata.insert(name.to_owned(), value.to_string());
        }
        save_weights(&self.weights, &session.network.named_tensors(), &metadata)?;
        let trainable_parameters = session.network.trainable_parameters();
        let history = History { epochs: session.history, phase_starts: job.schedule.boundaries().to_vec() };
        history.write_json(&self.history)?;
        history.write_csv(&self.history_csv)?;
        draw_curves(&history, &self.curves)?;
        write_metrics(&Metrics::new(&history, trainable_parameters), &self.metrics)
    }
}

impl Metrics {
    fn new(history: &History, trainable_parameters: usize) -> Option<Self> {
        let last = history.epochs.last()?;
        Some(Self {
            epochs: history.epochs.len(),
            trainable_parameters,
            train_loss: last.train_loss,
            train_cross_entropy: last.train_cross_entropy,
            train_accuracy: last.train_accuracy,
            val: ValMetrics::new(history),
        })
    }
}

impl ValMetrics {
    fn new(history: &History) -> Option<Self> {
        let (last, best) = (history.epochs.last()?, history.best_val_accuracy()?);
        Some(Self {
            val_loss: last.val_loss?,
            val_cross_entropy: last.val_cross_entropy?,
            val_accuracy: last.val_accuracy?,
            best_val_loss: history.lowest_val_loss()?.val_loss?,
            best_val_accuracy: best.val_accuracy?,
            best_epoch: best.epoch,
        })
    }
}
