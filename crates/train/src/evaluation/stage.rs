use super::{
    ConfusionMatrix, Scores,
    files::{write_confusion, write_metrics, write_per_class, write_predictions},
    score,
};
use crate::{
    Loader, LoaderOptions, Optimiser, OptimiserSettings, Pace, TrainError, TrainedNetwork, draw_confusion,
};
use proto::StageEvent;
use serde::Serialize;
use spec::kinds::{Augment, EvaluateParams};
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};
use tch::Device;

/// One evaluation, as a stage asks for it.
#[derive(Debug, Clone)]
pub struct EvaluationJob {
    /// Weights with a [`crate::ModelDescription`] as metadata.
    pub weights: PathBuf,
    /// The dataset file to measure them on.
    pub dataset: PathBuf,
    /// How.
    pub params: EvaluateParams,
    /// What it runs on.
    pub device: Device,
}

/// Where an evaluation writes its results.
#[derive(Debug, Clone)]
pub struct EvaluationFiles {
    /// Rank-1, rank-5, losses and counts as a JSON object of numbers.
    pub metrics: PathBuf,
    /// The confusion matrix as CSV.
    pub confusion: PathBuf,
    /// The confusion matrix as PNG.
    pub confusion_plot: PathBuf,
    /// Accuracy and precision of each class as CSV.
    pub per_class: PathBuf,
    /// What was said about each image as CSV.
    pub predictions: PathBuf,
}

/// What `compare` shows of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluationMetrics {
    /// Share of the images whose label scores highest.
    pub rank1: f64,
    /// Share of the images whose label is among the five that score highest.
    pub rank5: f64,
    /// Cross-entropy and penalty.
    pub loss: f64,
    /// Mean cross-entropy.
    pub cross_entropy: f64,
    /// Images.
    pub samples: usize,
    /// Classes.
    pub classes: usize,
}

/// Measures weights on a dataset and writes what came out.
///
/// # Errors
/// If weights and dataset do not belong together; [`TrainError::Interrupted`] soon after `stop` is set.
pub fn evaluate(
    job: &EvaluationJob,
    files: &EvaluationFiles,
    stop: &AtomicBool,
    emit: &mut dyn FnMut(StageEvent),
) -> Result<EvaluationMetrics, TrainError> {
    let TrainedNetwork { network, description } = TrainedNetwork::load(&job.weights, job.device)?;
    let dataset = description.open_dataset(&job.dataset)?;
    let names = dataset.class_names().to_vec();
    let options = LoaderOptions::evaluation(job.params.batch_size as usize, job.device);
    let loader =
        Loader::new(Arc::new(dataset), description.mean_image()?.as_deref(), Augment::default(), options)?;

    let mut pace = Pace::default();
    let total = loader.images() as u64;
    let scores = score(&network, &loader, job.device, job.params.flip, stop, |done| {
        if pace.is_due() {
            let (activity, unit) = ("evaluating".to_owned(), "images".to_owned());
            emit(StageEvent::Progress { activity, done: done as u64, total, unit });
        }
    })?;
    // An optimiser at rest knows the penalty of the weights.
    let at_rest = Optimiser::new(&network, &description.model, OptimiserSettings::default())?;
    let penalty = at_rest.penalty()?.f_double_value(&[])?;
    let metrics = EvaluationMetrics::new(&scores, penalty, names.len());
    files.write(&metrics, &scores, &names)?;
    Ok(metrics)
}

impl EvaluationMetrics {
    fn new(scores: &Scores, penalty: f64, classes: usize) -> Self {
        let cross_entropy = scores.cross_entropy();
        Self {
            rank1: scores.rank(1),
            rank5: scores.rank(5),
            loss: cross_entropy + penalty,
            cross_entropy,
            samples: scores.predictions.len(),
            classes,
        }
    }
}

impl EvaluationFiles {
    fn write(
        &self,
        metrics: &EvaluationMetrics,
        scores: &Scores,
        names: &[String],
    ) -> Result<(), TrainError> {
        let matrix = ConfusionMatrix::new(scores, names.len());
        write_metrics(metrics, &self.metrics)?;
        write_confusion(&matrix, names, &self.confusion)?;
        write_per_class(&matrix, names, &self.per_class)?;
        write_predictions(scores, names, &self.predictions)?;
        draw_confusion(&matrix, names, &self.confusion_plot)
    }
}
