use super::{ConfusionMatrix, Scores};
use crate::TrainError;
use serde::Serialize;
use std::{fs, io, path::Path};

/// Writes a JSON object of numbers.
pub(crate) fn write_metrics(metrics: &impl Serialize, path: &Path) -> Result<(), TrainError> {
    let mut text = serde_json::to_string_pretty(metrics)?;
    text.push('\n');
    fs::write(path, text).map_err(TrainError::file("write", path))
}

/// Writes the counts under a line of names: a row a true class, a column a predicted one.
pub(super) fn write_confusion(
    matrix: &ConfusionMatrix,
    names: &[String],
    path: &Path,
) -> Result<(), TrainError> {
    write_rows(path, |writer| {
        writer.write_record(std::iter::once("label \\ predicted").chain(names.iter().map(String::as_str)))?;
        names.iter().enumerate().try_for_each(|(label, name)| {
            let counts = matrix.row(label).iter().map(u64::to_string);
            writer.write_record(std::iter::once(name.clone()).chain(counts))
        })
    })
}

#[derive(Serialize)]
struct ClassRow<'a> {
    class: &'a str,
    samples: u64,
    correct: u64,
    accuracy: Option<f64>,
    predicted: u64,
    precision: Option<f64>,
    most_often_taken_for: Option<&'a str>,
    times: Option<u64>,
}

/// Writes one line a class. A share of nothing is empty.
pub(super) fn write_per_class(
    matrix: &ConfusionMatrix,
    names: &[String],
    path: &Path,
) -> Result<(), TrainError> {
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    write_rows(path, |writer| {
        names.iter().enumerate().try_for_each(|(class, name)| {
            let (samples, correct, predicted) =
                (matrix.samples(class), matrix.correct(class), matrix.predicted(class));
            let confusion = matrix.strongest_confusion(class);
            writer.serialize(ClassRow {
                class: name,
                samples,
                correct,
                accuracy: share(correct, samples),
                predicted,
                precision: share(correct, predicted),
                most_often_taken_for: confusion.map(|(other, _)| names[other].as_str()),
                times: confusion.map(|(_, times)| times),
            })
        })
    })
}

#[derive(Serialize)]
struct PredictionRow<'a> {
    index: usize,
    label: &'a str,
    predicted: &'a str,
    probability: f64,
    rank: usize,
}

/// Writes one line an image; rank 1 is a right prediction.
pub(super) fn write_predictions(scores: &Scores, names: &[String], path: &Path) -> Result<(), TrainError> {
    write_rows(path, |writer| {
        scores.predictions.iter().enumerate().try_for_each(|(index, prediction)| {
            writer.serialize(PredictionRow {
                index,
                label: &names[prediction.label],
                predicted: &names[prediction.predicted],
                probability: prediction.probability,
                rank: prediction.classes_before + 1,
            })
        })
    })
}

fn write_rows(
    path: &Path,
    rows: impl FnOnce(&mut csv::Writer<fs::File>) -> Result<(), csv::Error>,
) -> Result<(), TrainError> {
    let write = || {
        let mut writer = csv::Writer::from_path(path)?;
        rows(&mut writer)?;
        writer.flush().map_err(csv::Error::from)
    };
    write().map_err(io::Error::from).map_err(TrainError::file("write", path))
}
