use crate::{exit::Exit, failure::Failure, grid, output, project, reporter, time};
use clap::{Args, ValueEnum};
use proto::{RunRecord, RunStatus, StageResult};
use scheduler::runs as history;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct RunsArgs {
    /// Only runs of this pipeline
    #[arg(value_name = "PIPELINE")]
    pipelines: Vec<String>,
    /// Only runs that ended like this; may be repeated
    #[arg(long, value_enum)]
    status: Vec<StatusName>,
    /// At most so many, the newest
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatusName {
    Running,
    Succeeded,
    Failed,
    Interrupted,
}

/// Lists the runs, newest first.
pub fn runs(args: &RunsArgs, json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let wanted = |run: &RunRecord| {
        (args.pipelines.is_empty() || args.pipelines.contains(&run.pipeline))
            && (args.status.is_empty() || args.status.iter().any(|status| status.is(run.status)))
    };
    let limit = args.limit.unwrap_or(usize::MAX);
    let runs: Vec<RunRecord> = history::list(&store).into_iter().filter(wanted).take(limit).collect();
    if json {
        let runs: Vec<Value> = runs.iter().map(document).collect();
        output::line(&json!({ "runs": runs }).to_string())?;
    } else if runs.is_empty() {
        output::say("no runs");
    } else {
        let heading = ["run", "pipeline", "started", "status", "time", "stages", "set"].map(str::to_owned);
        let rows = std::iter::once(heading.to_vec()).chain(runs.iter().map(row)).collect::<Vec<_>>();
        output::write(&grid::align(&rows))?;
    }
    Ok(Exit::Done)
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

fn document(run: &RunRecord) -> Value {
    let stages: Value = run.stages.iter().map(|stage| (stage.name.clone(), json!(stage.outcome))).collect();
    json!({
        "run": run.id,
        "pipeline": run.pipeline,
        "file": run.file,
        "status": run.status,
        "started": run.started,
        "finished": run.finished,
        "overrides": run.overrides,
        "stages": stages,
    })
}
