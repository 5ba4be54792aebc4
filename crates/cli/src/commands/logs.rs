use crate::{exit::Exit, failure::Failure, output, project};
use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use proto::{RunEvent, RunRecord, RunStatus, StageRecord};
use scheduler::runs;
use serde_json::json;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};
use store::{ActionRecord, Store};

#[derive(Debug, Args)]
pub struct LogsArgs {
    /// The run's id, the beginning of it, or `latest`
    #[arg(value_name = "RUN", add = ArgValueCompleter::new(super::completions::run_ids))]
    run: String,
    /// The stage's full name
    #[arg(value_name = "STAGE", add = ArgValueCompleter::new(super::completions::stages_of_run))]
    stage: String,
    /// Go on printing until the stage has ended; one that has not started is waited for
    #[arg(long, short)]
    follow: bool,
}

/// How often a log that is followed is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Prints what a stage printed in a run, or if it did not run then, what it printed when its result was made.
pub fn logs(args: &LogsArgs, json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let run = project::run_record(&store, &args.run)?;
    if args.follow && !json && run.status == RunStatus::Running {
        follow(&store, &run.id, &args.stage)?;
        return Ok(Exit::Done);
    }
    let path = find(&store, &run, &args.stage)?;
    if json {
        let text = std::fs::read(&path).map_err(|error| Failure::io("read", &path, &error))?;
        let text = String::from_utf8_lossy(&text);
        output::line(&json!({ "run": run.id, "stage": args.stage, "path": path, "log": text }).to_string())?;
    } else {
        print_all(&path)?;
    }
    Ok(Exit::Done)
}

fn print_all(path: &Path) -> Result<(), Failure> {
    let mut file = File::open(path).map_err(|error| Failure::io("read", path, &error))?;
    io::copy(&mut file, &mut io::stdout().lock())?;
    Ok(())
}

/// The log of the stage in this run, or of the execution that its result is from.
pub fn find(store: &Store, run: &RunRecord, stage: &str) -> Result<PathBuf, Failure> {
    let path = runs::log_path(store, &run.id, stage);
    if path.exists() {
        return Ok(path);
    }
    let record = run.stages.iter().find(|record| record.name == stage);
    let record = record.ok_or_else(|| unknown_stage(run, stage))?;
    let made = record.key.as_ref().and_then(|key| key.parse().ok()).and_then(|key| store.action(&key));
    made.and_then(|action| log_of(store, &action, stage))
        .ok_or_else(|| Failure::usage(format!("stage `{stage}` has no log in run `{}`", run.id), Vec::new()))
}

/// Where the execution behind a result has its log; the stage may have had another name then.
fn log_of(store: &Store, action: &ActionRecord, stage: &str) -> Option<PathBuf> {
    let key = action.key.to_string();
    let made_by = runs::load(store, &action.run).ok();
    let of_key = |record: &&StageRecord| record.key.as_ref() == Some(&key);
    let named = made_by.as_ref().and_then(|run| run.stages.iter().find(of_key));
    let name = named.map_or(stage, |record| record.name.as_str());
    let path = match &action.log {
        Some(log) => store.object_path(&log.digest),
        None => runs::log_path(store, &action.run, name),
    };
    path.exists().then_some(path)
}

fn unknown_stage(run: &RunRecord, stage: &str) -> Failure {
    let is_planned = run.graph.is_empty() || run.graph.iter().any(|node| node.name == stage);
    if run.status == RunStatus::Running && is_planned {
        let hint = "`--follow` waits for it".to_owned();
        return Failure::usage(format!("stage `{stage}` has not started in run `{}`", run.id), vec![hint]);
    }
    let ended = run.stages.iter().map(|record| record.name.as_str());
    let known: Vec<&str> = match run.graph.as_slice() {
        [] => ended.collect(),
        graph => graph.iter().map(|node| node.name.as_str()).collect(),
    };
    let hint = match spec::nearest(stage, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("its stages are {}", known.join(", ")),
    };
    Failure::usage(format!("run `{}` has no stage `{stage}`", run.id), vec![hint])
}

/// Prints what is there and what comes, until the stage has ended, or the run without it.
fn follow(store: &Store, run: &str, stage: &str) -> Result<(), Failure> {
    let path = runs::log_path(store, run, stage);
    let mut events = runs::follow(store, run);
    let mut file = None;
    loop {
        // What was printed before the end is read after it was seen.
        let has_ended = events.by_ref().any(|event| is_end_of(&event, stage));
        let run_is_over = has_ended || runs::load(store, run)?.status != RunStatus::Running;
        if file.is_none() {
            file = File::open(&path).ok();
        }
        if let Some(file) = &mut file {
            let mut new = Vec::new();
            file.read_to_end(&mut new).map_err(|error| Failure::io("read", &path, &error))?;
            output::write_bytes(&new)?;
        }
        if run_is_over {
            break;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    if file.is_none() { print_earlier(store, run, stage) } else { Ok(()) }
}

fn is_end_of(event: &RunEvent, name: &str) -> bool {
    matches!(event, RunEvent::StageFinished { stage, .. } if stage == name)
}

/// The log of a stage that had not to run: the run's record, which says what it took, comes at its end.
fn print_earlier(store: &Store, run: &str, stage: &str) -> Result<(), Failure> {
    loop {
        let record = runs::load(store, run)?;
        if record.status != RunStatus::Running {
            return print_all(&find(store, &record, stage)?);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
