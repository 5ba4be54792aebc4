use super::{dataset, evaluate, fetch, means, train};
use crate::{error::WorkerError, events::EventLog};
use proto::StageRequest;
use spec::Kind;
use std::sync::atomic::AtomicBool;
use tch::Device;

/// Does what the request asks for.
pub fn run(
    request: &StageRequest,
    device: Device,
    events: &EventLog,
    stop: &AtomicBool,
) -> Result<(), WorkerError> {
    match request.kind {
        Kind::Fetch => fetch::run(request, events, stop),
        Kind::Dataset => dataset::run(request, events, stop),
        Kind::Means => means::run(request, events, stop),
        Kind::Train | Kind::DecayTrain => train::run(request, device, events, stop),
        Kind::Evaluate => evaluate::run(request, device, events, stop),
        Kind::Command => {
            let reason = format!("a stage of kind `{}` is not this program's to do", request.kind.name());
            Err(WorkerError::Request { reason })
        }
    }
}
