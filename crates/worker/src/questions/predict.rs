use super::{
    answer::{Answer, answer},
    grid::align,
    image_files::image_files,
};
use crate::{device, error::WorkerError};
use proto::PredictQuestion;
use serde_json::json;
use std::process::ExitCode;
use train::{ImagePrediction, PredictionJob};

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
    let predictions = train::predict(&job)?;
    Ok(Answer { text: table(&predictions), json: json!({ "predictions": predictions }) })
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
