use super::plan::verdict;
use crate::{
    args::PipelineArgs,
    describe,
    exit::Exit,
    failure::Failure,
    missing, output,
    project::{self, Project},
    time,
};
use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use scheduler::{PlanOptions, PlannedStage, Verdict};
use serde_json::{Value, json};
use store::ActionRecord;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// The stages to explain; all cells of a matrix if named without them; all stages if none is named
    #[arg(value_name = "STAGE", add = ArgValueCompleter::new(super::completions::stages))]
    stages: Vec<String>,
}

/// Says why stages are fresh, stale or pending: one short paragraph a cause.
pub fn explain(args: &ExplainArgs, json: bool) -> Result<Exit, Failure> {
    let project = project::load(&args.pipeline.file, &args.pipeline.overrides, "an explanation")?;
    let options = PlanOptions { stages: args.stages.clone(), ..PlanOptions::default() };
    let plan = scheduler::plan(&project.pipeline, &project.store, &options)?;
    missing::warn(&project.pipeline);
    let asked = |planned: &&PlannedStage| {
        let base = planned.name.split('@').next().unwrap_or(&planned.name);
        args.stages.is_empty() || args.stages.iter().any(|name| *name == planned.name || name == base)
    };
    let asked: Vec<&PlannedStage> = plan.stages.iter().filter(asked).collect();
    if json {
        let stages: Vec<Value> = asked.iter().map(|stage| document(stage, &project)).collect();
        output::line(&json!({ "stages": stages }).to_string())?;
    } else {
        let texts: Vec<String> = asked.iter().map(|stage| paragraphs(stage, &project).join("\n")).collect();
        output::line(&texts.join("\n"))?;
    }
    Ok(Exit::Done)
}

fn document(stage: &PlannedStage, project: &Project) -> Value {
    let mut document = json!(stage);
    document["text"] = json!(paragraphs(stage, project));
    if let Some(action) = made_by(stage, project) {
        document["run"] = json!(action.run);
        document["finished"] = json!(action.finished);
    }
    document
}

fn paragraphs(stage: &PlannedStage, project: &Project) -> Vec<String> {
    let name = &stage.name;
    if stage.verdict == Verdict::Fresh {
        let since = made_by(stage, project).map_or_else(String::new, |action| {
            let (run, finished) = (&action.run, time::local(&action.finished));
            format!(" since run {run} of {finished}, which took {}", time::seconds(action.seconds))
        });
        let restore = if stage.restore { "; its outputs would be restored from the cache" } else { "" };
        let frozen = if stage.frozen { "; it is frozen, so no change makes it run" } else { "" };
        return vec![format!("{name} is fresh{since}{frozen}{restore}")];
    }
    let verdict = verdict(stage.verdict);
    stage.reasons.iter().map(|reason| format!("{name} is {verdict}: {}", describe::reason(reason))).collect()
}

/// The record of the execution that made what a fresh stage has.
fn made_by(stage: &PlannedStage, project: &Project) -> Option<ActionRecord> {
    let key = stage.key.as_ref().filter(|_| stage.verdict == Verdict::Fresh)?;
    project.store.action(key)
}
