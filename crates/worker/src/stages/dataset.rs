use super::files::input;
use crate::{error::WorkerError, events::EventLog};
use proto::StageRequest;
use spec::kinds::DatasetParams;
use std::sync::atomic::AtomicBool;

/// Packs images into HDF5.
pub(super) fn run(request: &StageRequest, events: &EventLog, stop: &AtomicBool) -> Result<(), WorkerError> {
    let params: DatasetParams = serde_json::from_value(request.params.clone())?;
    let progress = |activity: &str, done, total| events.progress(activity, done, total, "images");
    let summary =
        data::build_dataset(&params, &input(request, "source")?.path, &request.outputs, &progress, stop)?;
    let (height, width, classes) = (summary.height, summary.width, summary.class_names.len());
    eprintln!("{height} × {width} pixels, {classes} classes");
    for split in &summary.splits {
        eprintln!("{}: {} images", split.name, split.images());
    }
    Ok(())
}
