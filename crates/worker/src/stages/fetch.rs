use super::files::output;
use crate::{error::WorkerError, events::EventLog};
use ::fetch::{FetchJob, Monitor, Policy};
use proto::{StageEvent, StageRequest};
use spec::kinds::FetchParams;
use std::sync::atomic::AtomicBool;

/// Downloads and unpacks.
pub(super) fn run(request: &StageRequest, events: &EventLog, stop: &AtomicBool) -> Result<(), WorkerError> {
    let params: FetchParams = serde_json::from_value(request.params.clone())?;
    let job = FetchJob {
        params: &params,
        output: &output(request, "path")?,
        partial: &request.partial,
        policy: Policy::default(),
    };
    let progress = |activity: &str, done, total, unit: &str| events.progress(activity, done, total, unit);
    let warn = |message| events.emit(&StageEvent::Warning { message });
    let fetched = ::fetch::fetch(&job, &Monitor { progress: &progress, warn: &warn, stop })?;
    eprintln!("{} bytes, {}", fetched.bytes, fetched.checksum);
    if params.checksum.is_none() {
        eprintln!("nothing vouches for the content: consider `checksum = \"{}\"`", fetched.checksum);
    }
    Ok(())
}
