use super::files::{input, output};
use crate::{error::WorkerError, events::EventLog};
use data::Means;
use proto::StageRequest;
use spec::kinds::MeansParams;
use std::sync::atomic::AtomicBool;

/// Computes the means of a dataset.
pub(super) fn run(request: &StageRequest, events: &EventLog, stop: &AtomicBool) -> Result<(), WorkerError> {
    let params: MeansParams = serde_json::from_value(request.params.clone())?;
    let progress = |activity: &str, done, total| events.progress(activity, done, total, "images");
    let dataset = &input(request, "dataset")?.path;
    let means = data::compute_means(&params, dataset, &output(request, "means")?, &progress, stop)?;
    match means {
        Means::Channel([red, green, blue]) => eprintln!("red {red:.3}, green {green:.3}, blue {blue:.3}"),
        Means::Pixel { height, width, .. } => eprintln!("mean image of {height} × {width} pixels"),
    }
    Ok(())
}
