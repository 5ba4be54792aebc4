use super::{
    answer::{Answer, answer, problem},
    grid::align,
    image_files::image_files,
};
use crate::{device, error::WorkerError};
use data::{BadImage, BadImages};
use proto::PredictQuestion;
use serde_json::json;
use std::process::ExitCode;
use train::{ImagePrediction, PredictionJob, Predictions};

/// Says what a network makes of images.
pub fn predict() -> ExitCode {
    answer(|question: &PredictQuestion| question.json, classify)
}

fn classify(question: PredictQuestion) -> Result<Answer, WorkerError> {
    let job = PredictionJob {
        images: image_files(&question.images)?,
        weights: question.weights,
        top: question.top,
        batch_size: question.batch_size,
        device: device::choose(&question.device)?,
    };
    let Predictions { predictions, bad } = train::predict(&job)?;
    let error = |bad: &BadImage| problem(&format!("{}: {}", bad.name, bad.reason), Some(&bad.name), &[]);
    let errors: Vec<_> = bad.iter().map(error).collect();
    let mut json = json!({ "predictions": predictions, "errors": errors });
    if let Some(first) = errors.first() {
        json["error"] = first.clone();
    }
    let failure = BadImages::of(bad).map(|bad| bad.to_string());
    let text = if predictions.is_empty() { String::new() } else { table(&predictions) };
    Ok(Answer { text, json, failure })
}

/// One line for each image and class.
fn table(predictions: &[ImagePrediction]) -> String {
    let heading = ["image", "class", "probability"].map(str::to_owned).to_vec();
    let lines = predictions.iter().flat_map(|prediction| {
        prediction.classes.iter().map(|class| {
            let probability = format!("{:.2} %", 100.0 * class.probability);
            vec![prediction.image.display().to_string(), class.class.clone(), probability]
        })
    });
    align(&std::iter::once(heading).chain(lines).collect::<Vec<_>>(), 2)
}
