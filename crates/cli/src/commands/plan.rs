use crate::{
    args::{PipelineArgs, SelectionArgs},
    describe,
    exit::Exit,
    failure::Failure,
    grid, missing, output,
    project::{self, Project},
};
use clap::Args;
use scheduler::{Force, Plan, PlanOptions, PlannedStage, Verdict};

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub pipeline: PipelineArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
}

pub fn plan(args: &PlanArgs, json: bool) -> Result<Exit, Failure> {
    let project = project::load(&args.pipeline.file, &args.pipeline.overrides)?;
    show(&project, &options(&args.selection), json)?;
    Ok(Exit::Done)
}

/// What to plan, as the command line says it.
pub fn options(selection: &SelectionArgs) -> PlanOptions {
    let force = match selection.force.as_slice() {
        [] => Force::Nothing,
        named if named.iter().any(String::is_empty) => Force::Everything,
        named => Force::Stages(named.to_vec()),
    };
    PlanOptions { stages: selection.stages.clone(), force }
}

/// Prints what a run would do.
pub fn show(project: &Project, options: &PlanOptions, json: bool) -> Result<(), Failure> {
    let plan = scheduler::plan(&project.pipeline, &project.store, options)?;
    project::tell_warnings(&project.store);
    missing::warn(&project.pipeline);
    if json {
        return Ok(output::line(&serde_json::json!(plan).to_string())?);
    }
    output::write(&text(&plan))?;
    output::say(&counts(&plan));
    Ok(())
}

fn text(plan: &Plan) -> String {
    let row = |stage: &PlannedStage| {
        let why = match (stage.verdict, stage.restore) {
            (Verdict::Fresh, true) => Some("to be restored from the cache".to_owned()),
            _ => describe::in_short(&stage.reasons),
        };
        vec![verdict(stage.verdict).to_owned(), stage.name.clone(), why.unwrap_or_default()]
    };
    grid::align(&plan.stages.iter().map(row).collect::<Vec<_>>())
}

/// The verdict as a word, the same as in JSON.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fresh => "fresh",
        Verdict::Stale => "stale",
        Verdict::Pending => "pending",
    }
}

fn counts(plan: &Plan) -> String {
    let count = |wanted: fn(&PlannedStage) -> bool| plan.stages.iter().filter(|stage| wanted(stage)).count();
    let counts = [
        (count(|stage| stage.verdict == Verdict::Stale), "to run"),
        (count(|stage| stage.verdict == Verdict::Pending), "pending"),
        (count(|stage| stage.restore), "to restore"),
        (count(|stage| stage.verdict == Verdict::Fresh && !stage.restore), "fresh"),
    ];
    let counted = counts.iter().filter(|(count, _)| *count > 0);
    let texts: Vec<String> = counted.map(|(count, what)| format!("{count} {what}")).collect();
    if texts.is_empty() { "no stages".to_owned() } else { texts.join(", ") }
}
