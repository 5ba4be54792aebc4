use super::plan;
use crate::{
    args::{OverrideArgs, SelectionArgs},
    exit::Exit,
    failure::Failure,
    missing, output,
    project::{self, Project},
    reporter::LiveReporter,
    run_results,
};
use clap::{Args, ValueHint};
use proto::{RunEvent, RunStatus};
use scheduler::{Question, RunOptions, RunSummary, Settled, runs};
use std::{env, path::PathBuf};
use store::Store;

#[derive(Debug, Args)]
pub struct RunArgs {
    /// The pipeline files, run one after the other
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    overrides: OverrideArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// At most so many stages at once
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// After a failure, go on with whatever does not depend on it
    #[arg(long, short)]
    keep_going: bool,
    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,
    /// Only say what would be done, like `plan`
    #[arg(long)]
    dry_run: bool,
}

/// Runs what is stale of each file. The exit says the worst that happened.
pub fn run(args: RunArgs, json: bool) -> Result<Exit, Failure> {
    let args = untangled(args);
    if args.files.is_empty() {
        let hint = "usage: pipeline run FILE…; pipeline files are in `pipelines/` by convention";
        return Err(Failure::usage("no pipeline file is named", vec![hint.to_owned()]));
    }
    if let Some(settled) = settled(&args)? {
        return report_settled(settled, &args, json);
    }
    let load = |file: &PathBuf| project::load(file, &args.overrides);
    let projects: Vec<Project> = args.files.iter().map(load).collect::<Result<_, _>>()?;
    let mut worst = Exit::Done;
    for project in &projects {
        if args.dry_run {
            plan::show(project, &plan::options(&args.selection), json)?;
            continue;
        }
        worst = worst.max(run_one(project, &args, json)?);
        if worst == Exit::Interrupted || worst != Exit::Done && !args.keep_going {
            break;
        }
    }
    Ok(worst)
}

/// What is filed of each file, if all of them are known to have nothing to do.
fn settled(args: &RunArgs) -> Result<Option<Vec<Settled>>, Failure> {
    if args.dry_run || !args.selection.force.is_empty() {
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

fn report_settled(settled: Vec<Settled>, args: &RunArgs, json: bool) -> Result<Exit, Failure> {
    for (settled, file) in settled.into_iter().zip(&args.files) {
        let measures = settled.measures;
        if json {
            settled.report(&mut print_event);
            continue;
        }
        let mut reporter = LiveReporter::new(|_, stage| PathBuf::from(stage));
        settled.report(&mut |event| reporter.event(event));
        if measures {
            run_results::show(&project::load(file, &args.overrides)?)?;
        }
    }
    Ok(Exit::Done)
}

/// `--force` takes the word after it for a stage; a pipeline file there was not meant as one.
fn untangled(mut args: RunArgs) -> RunArgs {
    for forced in &mut args.selection.force {
        if forced.ends_with(".toml") {
            args.files.push(PathBuf::from(std::mem::take(forced)));
        }
    }
    args
}

fn run_one(project: &Project, args: &RunArgs, json: bool) -> Result<Exit, Failure> {
    let Project { pipeline, store } = project;
    let options = RunOptions {
        plan: plan::options(&args.selection),
        overrides: args.overrides.set.clone(),
        jobs: args.jobs.map(|jobs| jobs as usize),
        keep_going: args.keep_going,
        device: args.device.clone(),
        command_line: env::args().collect(),
    };
    missing::refuse(pipeline, store, &options.plan)?;
    let summary = match json {
        true => scheduler::run(pipeline, store, &options, &mut print_event)?,
        false => {
            let of_logs = store.clone();
            let mut reporter =
                LiveReporter::new(move |run, stage| output::near(&runs::log_path(&of_logs, run, stage)));
            scheduler::run(pipeline, store, &options, &mut |event| reporter.event(event))?
        }
    };
    project::tell_warnings(store);
    run_results::keep_tables(project, &summary)?;
    summary.settle(pipeline, store)?;
    if !json && summary.status == RunStatus::Succeeded {
        run_results::show(project)?;
    }
    Ok(exit(&summary))
}

/// A reader that has gone does not end the run.
fn print_event(event: &RunEvent) {
    if let Ok(text) = serde_json::to_string(event) {
        let _ = output::line(&text);
    }
}

fn exit(summary: &RunSummary) -> Exit {
    match summary.status {
        RunStatus::Succeeded => Exit::Done,
        RunStatus::Interrupted => Exit::Interrupted,
        RunStatus::Failed | RunStatus::Running => Exit::Failed,
    }
}
