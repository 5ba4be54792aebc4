use super::{TrainingJob, session::Session};
use crate::{
    History, TrainError, Trajectory, draw_curves, draw_curves_svg, evaluation::write_metrics, save_weights,
    tensorboard, trajectory::what_counts,
};
use serde::Serialize;
use serde_json::json;
use std::{collections::BTreeMap, path::PathBuf};

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
    /// The same as SVG.
    pub curves_svg: PathBuf,
    /// The folder of TensorBoard event files, written if the training asks for it.
    pub tensorboard: PathBuf,
    /// The figures of the saved weights and the best ones, as a JSON object of numbers.
    pub metrics: PathBuf,
}

#[derive(Serialize)]
struct Metrics {
    /// Epochs trained, whichever of them was kept.
    epochs: usize,
    trainable_parameters: usize,
    train_loss: f64,
    train_cross_entropy: f64,
    train_accuracy: f64,
    /// The epoch, from 0, whose weights were saved, where the best ones are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_epoch: Option<u32>,
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
        let trainable_parameters = session.network.trainable_parameters();
        let (kept_epoch, weights) = session.result();
        let epochs = session.history.len();
        save_weights(&self.weights, &weights, &metadata(job, &session, trajectory, kept_epoch)?)?;
        let phase_starts =
            job.schedule.boundaries().iter().copied().filter(|&start| (start as usize) < epochs);
        let history = History {
            phase_starts: phase_starts.collect(),
            stopped_early: epochs < job.schedule.epochs() as usize,
            kept_epoch,
            epochs: session.history,
        };
        history.write_json(&self.history)?;
        history.write_csv(&self.history_csv)?;
        draw_curves(&history, &self.curves)?;
        draw_curves_svg(&history, &self.curves_svg)?;
        if job.params.tensorboard {
            tensorboard::write(&history, &self.tensorboard)?;
        }
        write_metrics(&Metrics::new(&history, trainable_parameters), &self.metrics)
    }
}

/// What weights are weights of, and how they came about: epochs after the one that was kept had no part in them.
fn metadata(
    job: &TrainingJob,
    session: &Session,
    trajectory: &Trajectory,
    kept_epoch: Option<u32>,
) -> Result<BTreeMap<String, String>, TrainError> {
    let epochs = kept_epoch.map_or(session.history.len() as u32, |kept| kept + 1);
    let mut metadata = session.description.to_metadata()?;
    for (name, value) in [
        ("training", Some(what_counts(&job.params))),
        ("learning_rates", Some(json!(job.schedule.learning_rates()[..epochs as usize]))),
        ("trajectory", Some(json!(trajectory.after(epochs)))),
        ("kept_epoch", kept_epoch.map(|kept| json!(kept))),
    ] {
        metadata.extend(value.map(|value| (name.to_owned(), value.to_string())));
    }
    Ok(metadata)
}

impl Metrics {
    fn new(history: &History, trainable_parameters: usize) -> Option<Self> {
        let saved = history.of_saved_weights()?;
        Some(Self {
            epochs: history.epochs.len(),
            trainable_parameters,
            train_loss: saved.train_loss,
            train_cross_entropy: saved.train_cross_entropy,
            train_accuracy: saved.train_accuracy,
            kept_epoch: history.kept_epoch,
            val: ValMetrics::new(history),
        })
    }
}

impl ValMetrics {
    fn new(history: &History) -> Option<Self> {
        let (saved, best) = (history.of_saved_weights()?, history.best_val_accuracy()?);
        Some(Self {
            val_loss: saved.val_loss?,
            val_cross_entropy: saved.val_cross_entropy?,
            val_accuracy: saved.val_accuracy?,
            best_val_loss: history.lowest_val_loss()?.val_loss?,
            best_val_accuracy: best.val_accuracy?,
            best_epoch: best.epoch,
        })
    }
}
