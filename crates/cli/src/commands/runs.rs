use crate::{exit::Exit, failure::Failure, grid, output, project, reporter, time};
use clap::{Args, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use proto::{RunRecord, RunStatus, StageResult};
use scheduler::{
    kept::{self, Kept},
    runs as history,
};
use serde_json::{Value, json};
use store::Store;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsArgs {
    #[command(subcommand)]
    action: Option<RunsAction>,
    /// Only runs of these pipelines, by name or file; `*` and `?` stand for any text and any character
    #[arg(value_name = "PIPELINE", add = ArgValueCompleter::new(super::completions::pipelines))]
    pipelines: Vec<String>,
    /// Only runs that ended like this; may be repeated
    #[arg(long, value_enum)]
    status: Vec<StatusName>,
    /// Only runs that began since then: a date, `2026-01-31`, a time, `2026-01-31 14:05`, or how long ago, `2d`
    #[arg(long, value_name = "WHEN", value_parser = time::since)]
    since: Option<jiff::Timestamp>,
    /// Only runs that are kept
    #[arg(long)]
    kept: bool,
    /// At most so many, the newest
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
    /// Say too who ran them, where, on which device and with which git revision
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum RunsAction {
    /// Keep runs: `gc` spares their results, and `rm` refuses them
    Keep {
        /// Ids, beginnings of ids, or `latest`
        #[arg(value_name = "RUN", required = true, add = ArgValueCompleter::new(super::completions::run_ids))]
        runs: Vec<String>,
        /// Why, for people
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Keep runs no longer
    Unkeep {
        /// Ids, beginnings of ids, or `latest`
        #[arg(value_name = "RUN", required = true, add = ArgValueCompleter::new(super::completions::run_ids))]
        runs: Vec<String>,
    },
    /// Remove the records and logs of runs; what their stages made stays until `gc`
    Rm {
        /// Ids, beginnings of ids, or `latest`
        #[arg(value_name = "RUN", required = true, add = ArgValueCompleter::new(super::completions::run_ids))]
        runs: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatusName {
    Running,
    Succeeded,
    Failed,
    Interrupted,
}

/// Lists the runs, newest first, or keeps or removes some.
pub fn runs(args: &RunsArgs, json: bool) -> Result<Exit, Failure> {
    let (root, store) = project::here()?;
    match &args.action {
        None => list(args, &store, json),
        Some(RunsAction::Keep { runs, note }) => {
            for run in named(&store, runs)? {
                kept::keep(&store, &run.id, note.clone())?;
                tell("kept", &run, json)?;
            }
            Ok(Exit::Done)
        }
        Some(RunsAction::Unkeep { runs }) => {
            for run in named(&store, runs)? {
                kept::unkeep(&store, &run.id)?;
                tell("unkept", &run, json)?;
            }
            Ok(Exit::Done)
        }
        Some(RunsAction::Rm { runs }) => {
            for run in named(&store, runs)? {
                kept::remove(&store, &run)?;
                tell("removed", &run, json)?;
            }
            results::write_tables(&store, &root, &history::list(&store))?;
            Ok(Exit::Done)
        }
    }
}

/// All runs that are meant, before anything is done to one of them.
fn named(store: &Store, names: &[String]) -> Result<Vec<RunRecord>, Failure> {
    let mut runs: Vec<RunRecord> = Vec::new();
    for name in names {
        let run = project::run_record(store, name)?;
        if !runs.iter().any(|known| known.id == run.id) {
            runs.push(run);
        }
    }
    Ok(runs)
}

fn tell(what: &str, run: &RunRecord, json: bool) -> Result<(), Failure> {
    if json {
        output::line(&json!({ "run": run.id, "action": what }).to_string())?;
    } else {
        output::say(&format!("{what} {}", run.id));
    }
    Ok(())
}

fn list(args: &RunsArgs, store: &Store, json: bool) -> Result<Exit, Failure> {
    let wanted = |run: &RunRecord| {
        (args.pipelines.is_empty() || args.pipelines.iter().any(|name| results::names_pipeline(name, run)))
            && args.since.is_none_or(|since| has_begun(run, since))
            && (args.status.is_empty() || args.status.iter().any(|status| status.is(run.status)))
            && (!args.kept || kept::kept(store, &run.id).is_some())
    };
    let limit = args.limit.unwrap_or(usize::MAX);
    let with_note = |run: RunRecord| (kept::kept(store, &run.id), run);
    let runs: Vec<(Option<Kept>, RunRecord)> =
        project::history(store).into_iter().filter(wanted).take(limit).map(with_note).collect();
    if json {
        let runs: Vec<Value> = runs.iter().map(|(kept, run)| document(run, kept.as_ref())).collect();
        output::line(&json!({ "runs": runs }).to_string())?;
    } else if runs.is_empty() {
        output::say("no runs");
    } else {
        output::write(&grid::align(&rows(&runs, args.verbose)))?;
    }
    Ok(Exit::Done)
}

fn has_begun(run: &RunRecord, since: jiff::Timestamp) -> bool {
    run.started.parse::<jiff::Timestamp>().is_ok_and(|started| started >= since)
}

impl StatusName {
    fn is(self, status: RunStatus) -> bool {
        matches!(
            (self, status),
            (Self::Running, RunStatus::Running)
                | (Self::Succeeded, RunStatus::Succeeded)
                | (Self::Failed, RunStatus::Failed)
                | (Self::Interrupted, RunStatus::Interrupted)
        )
    }
}

/// The heading and a line a run; columns that say nothing of any run are left out.
fn rows(runs: &[(Option<Kept>, RunRecord)], verbose: bool) -> Vec<Vec<String>> {
    let mut heading = vec!["run", "pipeline", "started", "status", "time", "stages", "set"];
    let any_kept = runs.iter().any(|(kept, _)| kept.is_some());
    heading.extend(any_kept.then_some("kept"));
    heading.extend(if verbose { &["by", "revision", "device"][..] } else { &[] });
    let row = |(kept, run): &(Option<Kept>, RunRecord)| {
        let mut row = row(run);
        row.extend(any_kept.then(|| kept_text(kept.as_ref())));
        if verbose {
            let by = format!("{} on {}", run.provenance.user, run.provenance.host);
            row.extend([by, short_revision(run), devices(run).join(", ")]);
        }
        row
    };
    let heading = heading.into_iter().map(str::to_owned).collect();
    std::iter::once(heading).chain(runs.iter().map(row)).collect()
}

fn row(run: &RunRecord) -> Vec<String> {
    let took = run.finished.as_deref().and_then(|finished| time::between(&run.started, finished));
    let set = run.overrides.iter().map(|(name, value)| format!("{name}={}", results::text_of(value)));
    vec![
        run.id.clone(),
        run.pipeline.clone(),
        time::local(&run.started),
        status(run.status).to_owned(),
        took.map_or_else(String::new, time::seconds),
        counts(run),
        set.collect::<Vec<_>>().join(" "),
    ]
}

/// That a run is kept, with the note; nothing if it is not.
pub fn kept_text(kept: Option<&Kept>) -> String {
    kept.map_or_else(String::new, |kept| kept.note.clone().unwrap_or_else(|| "kept".to_owned()))
}

/// The first digits of the git revision, with `+` if there were uncommitted changes.
fn short_revision(run: &RunRecord) -> String {
    const DIGITS: usize = 9;
    let Some(revision) = &run.provenance.git_revision else { return String::new() };
    let changed = if run.provenance.git_dirty == Some(true) { "+" } else { "" };
    format!("{}{changed}", revision.chars().take(DIGITS).collect::<String>())
}

/// What its stages ran on, as far as they said.
fn devices(run: &RunRecord) -> Vec<String> {
    let mut devices: Vec<String> =
        run.stages.iter().filter_map(|stage| stage.provenance.get("device").cloned()).collect();
    devices.sort();
    devices.dedup();
    devices
}

/// How many stages ended in which way: `3 executed, 2 fresh`.
fn counts(run: &RunRecord) -> String {
    let outcomes = [
        StageResult::Executed,
        StageResult::Restored,
        StageResult::Fresh,
        StageResult::Failed,
        StageResult::Skipped,
        StageResult::Interrupted,
    ];
    let counted = outcomes.into_iter().filter_map(|outcome| {
        let count = run.stages.iter().filter(|stage| stage.outcome == outcome).count();
        (count > 0).then(|| format!("{count} {}", reporter::outcome_word(outcome)))
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// The status as a word, the same as in JSON.
pub fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Succeeded => "succeeded",
        RunStatus::Failed => "failed",
        RunStatus::Interrupted => "interrupted",
    }
}

fn document(run: &RunRecord, kept: Option<&Kept>) -> Value {
    let stages: Value = run.stages.iter().map(|stage| (stage.name.clone(), json!(stage.outcome))).collect();
    json!({
        "run": run.id,
        "pipeline": run.pipeline,
        "variant": run.variant,
        "file": run.file,
        "status": run.status,
        "started": run.started,
        "finished": run.finished,
        "overrides": run.overrides,
        "kept": kept.is_some(),
        "note": kept.and_then(|kept| kept.note.clone()),
        "provenance": run.provenance,
        "devices": devices(run),
        "stages": stages,
    })
}
