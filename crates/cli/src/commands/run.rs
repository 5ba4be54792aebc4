use super::plan;
use crate::{
    args::RequestArgs,
    exit::Exit,
    failure::Failure,
    missing, output,
    project::{self, Project},
    reporter::{LiveReporter, SweepReporter, worst_status},
    run_results, sweep,
};
use clap::Args;
use proto::{RunEvent, RunStatus};
use scheduler::{Question, RunOptions, RunSummary, Settled, runs};
use serde_json::{Value, json};
use spec::Pipeline;
use std::{env, path::PathBuf};
use store::Store;

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    request: RequestArgs,
    /// Only say what would be done, like `plan`
    #[arg(long)]
    dry_run: bool,
}

/// Runs what is stale of each file. The exit says the worst that happened.
pub fn run(RunArgs { request, dry_run }: RunArgs, json: bool) -> Result<Exit, Failure> {
    if dry_run {
        return plan::plan(request, json);
    }
    let args = request.untangled()?;
    let combinations = sweep::combinations(&args.overrides, &args.sample)?;
    if !sweep::is_sweep(&combinations)
        && let Some(settled) = settled(&args)?
    {
        return report_settled(settled, &args, json);
    }
    let load = |file: &PathBuf| sweep::load(file, &combinations);
    let files: Vec<Vec<Project>> = args.files.iter().map(load).collect::<Result<_, _>>()?;
    let mut worst = Exit::Done;
    for projects in &files {
        for Project { pipeline, store } in projects {
            missing::refuse(pipeline, store, &plan::options(&args.selection))?;
        }
        let exit = match projects.as_slice() {
            [project] if !sweep::is_sweep(&combinations) => run_one(project, &args, json)?,
            projects => run_sweep(projects, &args, json)?,
        };
        worst = worst.max(exit);
        if worst == Exit::Interrupted || worst != Exit::Done && !args.keep_going {
            break;
        }
    }
    Ok(worst)
}

/// What is filed of each file, if all of them are known to have nothing to do.
fn settled(args: &RequestArgs) -> Result<Option<Vec<Settled>>, Failure> {
    if !args.selection.force.is_empty() {
        return Ok(None);
    }
    let find = |file: &PathBuf| {
        let root = spec::find_root(file);
        let question = Question {
            file: &spec::below(&root, file),
            overrides: &args.overrides.set,
            stages: &args.selection.stages,
            device: &args.device,
        };
        Ok(Settled::find(&root, &Store::open(&root)?, &question))
    };
    args.files.iter().map(find).collect()
}

fn report_settled(settled: Vec<Settled>, args: &RequestArgs, json: bool) -> Result<Exit, Failure> {
    for (settled, file) in settled.into_iter().zip(&args.files) {
        let measures = settled.measures;
        run_results::put_tables_back(&spec::find_root(file))?;
        if json {
            settled.report(&mut print_event);
            continue;
        }
        let mut reporter = LiveReporter::new(|_, stage| PathBuf::from(stage));
        settled.report(&mut |event| reporter.event(event));
        if measures {
            run_results::show(&project::load(file, &args.overrides, "a table")?)?;
        }
    }
    Ok(Exit::Done)
}

fn options(args: &RequestArgs) -> RunOptions {
    RunOptions {
        plan: plan::options(&args.selection),
        overrides: args.overrides.set.clone(),
        jobs: args.jobs.map(|jobs| jobs as usize),
        keep_going: args.keep_going,
        device: args.device.clone(),
        command_line: env::args().collect(),
    }
}

fn run_one(project: &Project, args: &RequestArgs, json: bool) -> Result<Exit, Failure> {
    let Project { pipeline, store } = project;
    let summary = match json {
        true => scheduler::run(pipeline, store, &options(args), &mut print_event)?,
        false => {
            let of_logs = store.clone();
            let mut reporter =
                LiveReporter::new(move |run, stage| output::near(&runs::log_path(&of_logs, run, stage)));
            scheduler::run(pipeline, store, &options(args), &mut |event| reporter.event(event))?
        }
    };
    project::tell_warnings(store);
    run_results::keep_tables(project, &[&summary])?;
    summary.settle(pipeline, store)?;
    if !json && summary.status == RunStatus::Succeeded {
        run_results::show(project)?;
    }
    Ok(exit(summary.status))
}

/// Runs the experiments of a sweep as one, and ends with their comparison.
fn run_sweep(projects: &[Project], args: &RequestArgs, json: bool) -> Result<Exit, Failure> {
    let Some(first) = projects.first() else { return Ok(Exit::Done) };
    let pipelines: Vec<&Pipeline> = projects.iter().map(|project| &project.pipeline).collect();
    let options = options(args);
    let mut as_json = SweepEvents::new(projects.len());
    let mut reporter = SweepReporter::new(&pipelines, first.store.clone());
    let mut report = |number: usize, event: &RunEvent| match json {
        true => as_json.event(number, event),
        false => reporter.event(number, event),
    };
    let summaries = scheduler::run_together(&pipelines, &first.store, &options, &mut report)?;
    project::tell_warnings(&first.store);
    run_results::keep_tables(first, &summaries.iter().collect::<Vec<_>>())?;
    for (pipeline, summary) in pipelines.iter().zip(&summaries) {
        summary.settle(pipeline, &first.store)?;
    }
    let worst = worst_status(summaries.iter().map(|summary| summary.status));
    match json {
        true => print_line(&sweep_finished(&pipelines, &summaries, worst)),
        false => run_results::show_sweep(first, &summaries)?,
    }
    Ok(exit(worst))
}

/// A reader that has gone does not end the run.
fn print_event(event: &RunEvent) {
    print_line(&json!(event));
}

fn print_line(value: &Value) {
    let _ = output::line(&value.to_string());
}

/// Events of several runs on one stream: each names its run.
struct SweepEvents {
    runs: Vec<String>,
}

impl SweepEvents {
    fn new(count: usize) -> Self {
        Self { runs: vec![String::new(); count] }
    }

    fn event(&mut self, number: usize, event: &RunEvent) {
        if let RunEvent::RunStarted { run, .. } = event {
            self.runs[number].clone_from(run);
        }
        let mut document = json!(event);
        document["run"] = json!(self.runs[number]);
        print_line(&document);
    }
}

/// The last line of a sweep.
fn sweep_finished(pipelines: &[&Pipeline], summaries: &[RunSummary], status: RunStatus) -> Value {
    let run = |(pipeline, summary): (&&Pipeline, &RunSummary)| {
        let RunSummary { run, status, .. } = summary;
        json!({ "run": run, "experiment": pipeline.experiment(), "set": pipeline.overrides, "status": status })
    };
    let runs: Vec<Value> = pipelines.iter().zip(summaries).map(run).collect();
    json!({ "event": "sweep-finished", "status": status, "runs": runs })
}

fn exit(status: RunStatus) -> Exit {
    match status {
        RunStatus::Succeeded => Exit::Done,
        RunStatus::Interrupted => Exit::Interrupted,
        RunStatus::Failed | RunStatus::Running => Exit::Failed,
    }
}
