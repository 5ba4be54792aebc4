use super::{
    Asked, ConfusionMatrix, Scores,
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
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};
use tch::Device;

/// One evaluation, as a stage asks for it.
#[derive(Debug, Clone)]
pub struct EvaluationJob {
    /// Weights with a [`crate::ModelDescription`] as metadata. Of several networks the probabilities are averaged.
    pub weights: Vec<PathBuf>,
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
    /// Cross-entropy and penalty, of several networks the mean of theirs.
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
    let members = job.weights.iter().map(|weights| Member::load(job, weights));
    let members = members.collect::<Result<Vec<_>, _>>()?;
    let asked: Vec<_> = members.iter().map(Member::asked).collect();
    let first = members
        .first()
        .ok_or_else(|| TrainError::Parameter { name: "weights", reason: "there are none".to_owned() })?;
    let total = first.loader.images() as u64;

    let mut pace = Pace::default();
    let scores = score(&asked, job.device, job.params.flip, stop, |done| {
        if pace.is_due() {
            let (activity, unit) = ("evaluating".to_owned(), "images".to_owned());
            emit(StageEvent::Progress { activity, done: done as u64, total, unit });
        }
    })?;
    let names = &first.trained.description.class_names;
    let penalties = members.iter().map(Member::penalty).collect::<Result<Vec<_>, _>>()?;
    let penalty = penalties.iter().sum::<f64>() / penalties.len() as f64;
    let metrics = EvaluationMetrics::new(&scores, penalty, names.len());
    files.write(&metrics, &scores, names)?;
    Ok(metrics)
}

/// One of the networks, with the images as it wants them.
struct Member {
    trained: TrainedNetwork,
    loader: Loader,
}

impl Member {
    fn load(job: &EvaluationJob, weights: &Path) -> Result<Self, TrainError> {
        let trained = TrainedNetwork::load(weights, job.device)?;
        let dataset = Arc::new(trained.description.open_dataset(&job.dataset)?);
        let options = LoaderOptions::evaluation(job.params.batch_size as usize, job.device);
        let mean = trained.description.mean_image()?;
        let loader = Loader::new(dataset, mean.as_deref(), Augment::default(), options)?;
        Ok(Self { trained, loader })
    }

    fn asked(&self) -> Asked<'_> {
        Asked { network: &self.trained.network, loader: &self.loader }
    }

    /// What the training added to the loss for the size of the weights.
    fn penalty(&self) -> Result<f64, TrainError> {
        // An optimiser at rest knows it.
        let TrainedNetwork { network, description } = &self.trained;
        let at_rest = Optimiser::new(network, &description.model, OptimiserSettings::default())?;
        Ok(at_rest.penalty()?.f_double_value(&[])?)
    }
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
