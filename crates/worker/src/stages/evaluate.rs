use super::files::{input, inputs, output};
use crate::{error::WorkerError, events::EventLog};
use proto::StageRequest;
use std::sync::atomic::AtomicBool;
use tch::Device;
use train::{EvaluationFiles, EvaluationJob};

/// Measures weights on a dataset.
pub(super) fn run(
    request: &StageRequest,
    device: Device,
    events: &EventLog,
    stop: &AtomicBool,
) -> Result<(), WorkerError> {
    let job = EvaluationJob {
        weights: inputs(request, "weights")?.iter().map(|input| input.path.clone()).collect(),
        dataset: input(request, "dataset")?.path.clone(),
        params: serde_json::from_value(request.params.clone())?,
        device,
    };
    let files = EvaluationFiles {
        metrics: output(request, "metrics")?,
        confusion: output(request, "confusion")?,
        confusion_plot: output(request, "confusion_plot")?,
        per_class: output(request, "per_class")?,
        predictions: output(request, "predictions")?,
    };
    let metrics = train::evaluate(&job, &files, stop, &mut |event| events.emit(&event))?;
    let (rank1, rank5) = (100.0 * metrics.rank1, 100.0 * metrics.rank5);
    eprintln!(
        "rank-1 {rank1:.2} % - rank-5 {rank5:.2} % - loss {:.4} - {} images",
        metrics.loss, metrics.samples
    );
    Ok(())
}
