use crate::{SchedulerError, latest::Latest, plan::PlanOptions, settled::Settled, together::run_together};
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
    /// What is to be filed once all else is.
    pub(crate) unsettled: Option<Unsettled>,
}

/// What makes the next run take this one for done.
#[derive(Debug, Clone)]
pub(crate) struct Unsettled {
    pub latest: Latest,
    pub settled: Option<Settled>,
}

impl RunSummary {
    /// Whether there was nothing to do, and so nothing new on record.
    pub fn is_settled(&self) -> bool {
        self.unsettled.is_none()
    }

    /// Notes that all of the run is on record, and what is made of its record too. Until then, the next run
    /// does not take it for done and files a record of its own, should this process be killed.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn settle(&self, pipeline: &Pipeline, store: &Store) -> Result<(), SchedulerError> {
        let Some(Unsettled { latest, settled }) = &self.unsettled else { return Ok(()) };
        latest.write(store, &pipeline.experiment())?;
        settled.as_ref().map_or(Ok(()), |settled| settled.write(store))
    }
}

/// Runs what is stale of a pipeline and files what it yields. If nothing is, and an earlier run that has been
/// settled says so, nothing is written.
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
