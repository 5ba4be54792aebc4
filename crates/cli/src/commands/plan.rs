use crate::{
    args::{RequestArgs, SelectionArgs},
    describe,
    exit::Exit,
    failure::Failure,
    grid, missing, output,
    project::{self, Project},
    sweep,
};
use scheduler::{Force, Plan, PlanOptions, PlannedStage, Verdict};
use serde_json::{Value, json};
use spec::Pipeline;

/// Says what a run with the same arguments would do.
pub fn plan(request: RequestArgs, json: bool) -> Result<Exit, Failure> {
    let request = request.untangled()?;
    let combinations = sweep::combinations(&request.overrides, &request.sample)?;
    let mut projects = Vec::new();
    for file in &request.files {
        projects.push(sweep::load(file, &combinations)?);
    }
    show(&projects, &request, json)?;
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

/// Prints what a run would do: the plan of one experiment, or of each of several.
fn show(files: &[Vec<Project>], request: &RequestArgs, json: bool) -> Result<(), Failure> {
    let projects: Vec<&Project> = files.iter().flatten().collect();
    let options = options(&request.selection);
    let mut plans = Vec::with_capacity(projects.len());
    for Project { pipeline, store } in &projects {
        let plan = scheduler::plan(pipeline, store, &options)?;
        project::tell_warnings(store);
        scheduler::check_resources(pipeline, &plan, &request.device)?;
        plans.push(plan);
    }
    for project in files.iter().filter_map(|experiments| experiments.first()) {
        missing::warn(&project.pipeline);
    }
    if json {
        return Ok(output::line(&document(&projects, &plans).to_string())?);
    }
    for (project, plan) in projects.iter().zip(&plans) {
        if project.pipeline.variant.is_some() || files.len() > 1 {
            output::line(&format!("{}: {}", project.pipeline.experiment(), counts(plan)))?;
        }
        output::write(&text(plan))?;
    }
    match plans.as_slice() {
        [plan] => output::say(&counts(plan)),
        plans => output::say(&format!("{} experiments", plans.len())),
    }
    Ok(())
}

fn document(projects: &[&Project], plans: &[Plan]) -> Value {
    let of_one = |(project, plan): (&&Project, &Plan)| {
        let mut document = json!(plan);
        if !project.pipeline.missing_sources.is_empty() {
            document["missing"] = json!(project.pipeline.missing_sources);
        }
        document
    };
    let of_many = |(project, plan): (&&Project, &Plan)| {
        let Pipeline { overrides, .. } = &project.pipeline;
        let mut document = of_one((project, plan));
        document["experiment"] = json!(project.pipeline.experiment());
        document["set"] = json!(overrides);
        document
    };
    match (projects, plans) {
        ([project], [plan]) if project.pipeline.variant.is_none() => of_one((project, plan)),
        _ => json!({ "plans": projects.iter().zip(plans).map(of_many).collect::<Vec<_>>() }),
    }
}

fn text(plan: &Plan) -> String {
    let row = |stage: &PlannedStage| {
        let why = match (stage.verdict, stage.restore) {
            (Verdict::Fresh, _) if stage.forced_in_vain => {
                Some("frozen, which `--force` respects".to_owned())
            }
            (Verdict::Fresh, true) => Some("to be restored from the cache".to_owned()),
            (Verdict::Fresh, false) if stage.frozen => Some("frozen".to_owned()),
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
