use super::files::{input, optional_input, output};
use crate::{error::WorkerError, events::EventLog};
use proto::{CheckpointNames, RequestInput, StageRequest};
use spec::{
    Kind,
    kinds::{DecayTrainParams, TrainParams, TrainingParams},
};
use std::sync::atomic::AtomicBool;
use tch::Device;
use train::{Schedule, TrainingFiles, TrainingInput, TrainingInputs, TrainingJob};

/// Trains, by whichever kind's schedule, and says which states it has left.
pub(super) fn run(
    request: &StageRequest,
    device: Device,
    events: &EventLog,
    stop: &AtomicBool,
) -> Result<CheckpointNames, WorkerError> {
    let (params, schedule) = params_and_schedule(request)?;
    let inputs = TrainingInputs {
        train: training_input(input(request, "train")?),
        val: optional_input(request, "val")?.map(training_input),
        means: optional_input(request, "means")?.map(training_input),
        init: optional_input(request, "init")?.map(training_input),
    };
    let job = TrainingJob { params, schedule, inputs, checkpoints: request.checkpoints.clone(), device };
    let files = TrainingFiles {
        weights: output(request, "weights")?,
        history: output(request, "history")?,
        history_csv: output(request, "history_csv")?,
        curves: output(request, "curves")?,
        curves_svg: output(request, "curves_svg")?,
        tensorboard: output(request, "tensorboard")?,
        metrics: output(request, "metrics")?,
    };
    let end = train::train(&job, &files, stop, &mut |event| events.emit(&event))?;
    if let (true, Some(rule)) = (end.stopped_early, &job.params.early_stopping) {
        let (metric, patience) = (rule.metric.name(), rule.patience);
        eprintln!("stopped after epoch {}: {metric} has not improved in {patience} epochs", end.epochs);
    }
    Ok(end.checkpoints)
}

fn params_and_schedule(request: &StageRequest) -> Result<(TrainingParams, Schedule), WorkerError> {
    let params = request.params.clone();
    if request.kind == Kind::DecayTrain {
        let params: DecayTrainParams = serde_json::from_value(params)?;
        let schedule = Schedule::of_decay_train(&params)?;
        Ok((params.training, schedule))
    } else {
        let params: TrainParams = serde_json::from_value(params)?;
        let schedule = Schedule::of_train(&params)?;
        Ok((params.training, schedule))
    }
}

fn training_input(input: &RequestInput) -> TrainingInput {
    TrainingInput { path: input.path.clone(), digest: input.digest.clone() }
}
