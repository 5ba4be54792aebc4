//! Sources that a pipeline names and that are not there. Planning goes on without them; running does not.

use crate::{failure::Failure, output, style::Style};
use scheduler::{PlanOptions, Verdict};
use spec::{Pipeline, Source, Stage};
use store::Store;

/// Says on stderr what is missing.
pub fn warn(pipeline: &Pipeline) {
    let style = Style::of_stderr();
    for missing in &pipeline.missing_sources {
        output::say(&format!("{} {}", style.notice("warning:"), missing.message));
        for hint in &missing.hints {
            output::say(&format!("{} {hint}", style.notice("hint:")));
        }
    }
}

/// Fails if a stage that would run reads a source that is not there.
pub fn refuse(pipeline: &Pipeline, store: &Store, options: &PlanOptions) -> Result<(), Failure> {
    if pipeline.missing_sources.is_empty() {
        return Ok(());
    }
    let plan = scheduler::plan(pipeline, store, options)?;
    let would_run = |stage: &&Stage| {
        plan.stages.iter().any(|planned| planned.name == stage.name && planned.verdict != Verdict::Fresh)
    };
    if pipeline.stages.iter().filter(would_run).any(|stage| lacks_source(pipeline, stage)) {
        return Err(Failure::in_file(&pipeline.missing_sources));
    }
    Ok(())
}

fn lacks_source(pipeline: &Pipeline, stage: &Stage) -> bool {
    let sources = stage.inputs.iter().flat_map(|input| &input.sources);
    sources.into_iter().any(|source| match source {
        Source::Path(path) => !pipeline.root.join(path).exists(),
        Source::Output { .. } => false,
    })
}
