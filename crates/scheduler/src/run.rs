use crate::{SchedulerError, plan::PlanOptions, together::run_together};
use proto::{FinishedStage, RunEvent, RunStatus};
use spec::Pipeline;
use std::collections::BTreeMap;
use store::Store;

/// How to run a pipeline.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// What to run.
    pub plan: PlanOptions,
    /// The pairs of `--set NAME=VALUE` that the pipeline was loaded with.
    pub overrides: Vec<(String, String)>,
    /// How many stages at once at most.
    pub jobs: Option<usize>,
    /// Whether to go on with what does not depend on a failed stage.
    pub keep_going: bool,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// The command line, for the record.
    pub command_line: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunSummary {
    /// The run's id; of the run that made what is there, if nothing had to be done.
    pub run: String,
    /// How it ended.
    pub status: RunStatus,
    /// The stages by full name.
    pub stages: BTreeMap<String, FinishedStage>,
}

/// Runs what is stale of a pipeline and files what it yields. If nothing is, nothing is written.
///
/// SIGINT or SIGTERM once asks running stages to stop and waits for them; twice kills them. The last event
/// reported is [`RunEvent::RunFinished`].
///
/// # Errors
///
/// Only what keeps the run from being made or recorded; a stage that fails is part of the summary.
pub fn run(
    pipeline: &Pipeline,
    store: &Store,
    options: &RunOptions,
    report: &mut dyn FnMut(&RunEvent),
) -> Result<RunSummary, SchedulerError> {
    let mut summaries = run_together(&[pipeline], store, options, &mut |_, event| report(event))?;
    Ok(summaries.swap_remove(0))
}
