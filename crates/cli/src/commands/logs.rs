use crate::{exit::Exit, failure::Failure, output, project};
use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use proto::{RunRecord, RunStatus};
use scheduler::runs;
use serde_json::json;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};
use store::{Digest, Store};

#[derive(Debug, Args)]
pub struct LogsArgs {
    /// The run's id, the beginning of it, or `latest`
    #[arg(value_name = "RUN", add = ArgValueCompleter::new(super::completions::run_ids))]
    run: String,
    /// The stage's full name
    #[arg(value_name = "STAGE", add = ArgValueCompleter::new(super::completions::stages))]
    stage: String,
    /// Go on printing until the run has ended
    #[arg(long, short)]
    follow: bool,
}

/// How often a log that is followed is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub fn logs(args: &LogsArgs, json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let run = project::run_record(&store, &args.run)?;
    let path = find(&store, &run, &args.stage, args.follow)?;
    if json {
        let text = std::fs::read(&path).map_err(|error| Failure::io("read", &path, &error))?;
        let text = String::from_utf8_lossy(&text);
        output::line(&json!({ "run": run.id, "stage": args.stage, "path": path, "log": text }).to_string())?;
    } else if args.follow {
        follow(&store, &run.id, &path)?;
    } else {
        let mut file = File::open(&path).map_err(|error| Failure::io("read", &path, &error))?;
        io::copy(&mut file, &mut io::stdout().lock())?;
    }
    Ok(Exit::Done)
}

/// The log of the stage in this run, or if it did not run then, of the execution that its result is from.
fn find(store: &Store, run: &RunRecord, stage: &str, may_come: bool) -> Result<PathBuf, Failure> {
    let path = runs::log_path(store, &run.id, stage);
    let is_at_work = may_come && run.status == RunStatus::Running;
    if path.exists() || is_at_work {
        return Ok(path);
    }
    let record = run.stages.iter().find(|record| record.name == stage).ok_or_else(|| {
        let known: Vec<&str> = run.stages.iter().map(|record| record.name.as_str()).collect();
        let hint = format!("its stages are {}", known.join(", "));
        Failure::usage(format!("run `{}` has no stage `{stage}`", run.id), vec![hint])
    })?;
    let key: Option<Digest> = record.key.as_ref().and_then(|key| key.parse().ok());
    let earlier = key.and_then(|key| store.action(&key)).map(|action| match action.log {
        Some(log) => store.object_path(&log.digest),
        None => runs::log_path(store, &action.run, stage),
    });
    let stored = earlier.filter(|path| path.exists());
    stored
        .ok_or_else(|| Failure::usage(format!("stage `{stage}` has no log in run `{}`", run.id), Vec::new()))
}

/// Prints what is there and what comes, until the run has ended and all is printed.
fn follow(store: &Store, run: &str, path: &Path) -> Result<(), Failure> {
    let mut file = None;
    loop {
        let is_over = runs::load(store, run)?.status != RunStatus::Running;
        if file.is_none() {
            file = File::open(path).ok();
        }
        if let Some(file) = &mut file {
            let mut new = Vec::new();
            file.read_to_end(&mut new).map_err(|error| Failure::io("read", path, &error))?;
            output::write_bytes(&new)?;
        }
        if is_over {
            return Ok(());
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
