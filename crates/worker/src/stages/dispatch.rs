use super::{dataset, evaluate, fetch, means, train};
use crate::{error::WorkerError, events::EventLog};
use proto::{CheckpointNames, StageRequest};
use spec::Kind;
use std::sync::atomic::AtomicBool;
use tch::Device;

/// Does what the request asks for; says which states of a training it has left.
pub fn run(
    request: &StageRequest,
    device: Device,
    events: &EventLog,
    stop: &AtomicBool,
) -> Result<CheckpointNames, WorkerError> {
    match request.kind {
        Kind::Fetch => fetch::run(request, events, stop)?,
        Kind::Dataset => dataset::run(request, events, stop)?,
        Kind::Means => means::run(request, events, stop)?,
        Kind::Train | Kind::DecayTrain => return train::run(request, device, events, stop),
        Kind::Evaluate => evaluate::run(request, device, events, stop)?,
        Kind::Command => {
            let reason = format!("a stage of kind `{}` is not this program's to do", request.kind.name());
            return Err(WorkerError::Request { reason });
        }
    }
    Ok(CheckpointNames::default())
}
