use crate::{
    device, error::WorkerError, events::EventLog, info, signals, stage_directory::StageDirectory, stages,
};
use proto::{CheckpointNames, OutcomeStatus, StageEvent, StageOutcome, StageRequest};
use std::{
    any::Any,
    collections::BTreeMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::ExitCode,
    sync::atomic::AtomicBool,
};

/// Does the stage in a directory and leaves its outcome. Exit codes: 0 done, 1 failed, 130 interrupted.
pub fn run(directory: &Path) -> ExitCode {
    match run_stage(directory) {
        Ok(OutcomeStatus::Succeeded) => ExitCode::SUCCESS,
        Ok(OutcomeStatus::Failed) => ExitCode::FAILURE,
        Ok(OutcomeStatus::Interrupted) => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {}: {error}", directory.display());
            ExitCode::FAILURE
        }
    }
}

fn run_stage(path: &Path) -> io::Result<OutcomeStatus> {
    let stop = signals::stop_flag()?;
    let directory = StageDirectory::open(path)?;
    let events = EventLog::open(&directory.events())?;
    let mut provenance = BTreeMap::new();
    let work = AssertUnwindSafe(|| work(&directory, &events, &stop, &mut provenance));
    let result =
        catch_unwind(work).unwrap_or_else(|payload| Err(WorkerError::Panic { message: message(&*payload) }));
    let outcome = outcome(result, provenance);
    directory.write_outcome(&outcome)?;
    Ok(outcome.status)
}

fn work(
    directory: &StageDirectory,
    events: &EventLog,
    stop: &AtomicBool,
    provenance: &mut BTreeMap<String, String>,
) -> Result<CheckpointNames, WorkerError> {
    let request = directory.read_request()?;
    let device = device::choose(&request.device)?;
    set_threads(&request);
    *provenance = info::provenance(device, request.threads);
    events.emit(&StageEvent::Started { device: device::name(device), threads: request.threads });
    stages::run(&request, device, events, stop)
}

fn set_threads(request: &StageRequest) {
    let threads = request.threads.max(1);
    tch::set_num_threads(threads as i32);
    // It fails only if the pool is there already, and nothing before this uses it.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

fn outcome(
    result: Result<CheckpointNames, WorkerError>,
    provenance: BTreeMap<String, String>,
) -> StageOutcome {
    let done = StageOutcome {
        format: proto::FORMAT,
        status: OutcomeStatus::Succeeded,
        error: None,
        hints: Vec::new(),
        provenance,
        checkpoints: CheckpointNames::default(),
    };
    let error = match result {
        Ok(checkpoints) => return StageOutcome { checkpoints, ..done },
        Err(error) => error,
    };
    let status = if error.is_interruption() { OutcomeStatus::Interrupted } else { OutcomeStatus::Failed };
    let (message, hints) = (error.causes().join("\n"), error.hints());
    eprintln!("error: {message}");
    hints.iter().for_each(|hint| eprintln!("hint: {hint}"));
    StageOutcome { status, error: Some(message), hints, ..done }
}
