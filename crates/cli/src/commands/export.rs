use super::completions::pipelines_and_runs;
use crate::{exit::Exit, failure::Failure, output, project};
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCompleter;
use proto::{RunEvent, RunRecord, StageEvent};
use scheduler::{kept, runs};
use serde_json::{Map, Value, json};
use std::{fs, path::PathBuf};
use store::Store;

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Pipelines (by name or file), runs (by id or the beginning of it), or patterns of either; all runs if none
    /// is named
    #[arg(value_name = "PIPELINE|RUN|GLOB", add = ArgValueCompleter::new(pipelines_and_runs))]
    selectors: Vec<String>,
    /// With every epoch of its trainings, as far as they ran in that run
    #[arg(long)]
    epochs: bool,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

/// Prints one JSON object a run, oldest first, whatever became of it.
pub fn export(args: &ExportArgs) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let mut records = runs::list(&store);
    records.reverse();
    for selector in &args.selectors {
        if !records.iter().any(|run| is_meant(selector, run)) {
            let hint = "`pipeline runs` lists what there is".to_owned();
            return Err(Failure::usage(format!("no run matches `{selector}`"), vec![hint]));
        }
    }
    let is_wanted = |run: &&RunRecord| {
        args.selectors.is_empty() || args.selectors.iter().any(|selector| is_meant(selector, run))
    };
    let line = |run: &RunRecord| document(&store, run, args.epochs).to_string() + "\n";
    let text: String = records.iter().filter(is_wanted).map(line).collect();
    match &args.out {
        Some(path) => fs::write(path, text).map_err(|error| Failure::io("write", path, &error))?,
        None => output::write(&text)?,
    }
    Ok(Exit::Done)
}

fn is_meant(selector: &str, run: &RunRecord) -> bool {
    results::names_pipeline(selector, run) || results::names_run(selector, run)
}

fn document(store: &Store, run: &RunRecord, epochs: bool) -> Value {
    let measured = run.stages.iter().filter_map(|stage| Some((&stage.name, stage.metrics.as_ref()?)));
    let metrics: Map<String, Value> =
        measured.flat_map(|(stage, metrics)| results::flatten(stage, metrics)).collect();
    let kept = kept::kept(store, &run.id);
    let mut document = json!({
        "run": run.id,
        "pipeline": run.pipeline,
        "variant": run.variant,
        "file": run.file,
        "status": run.status,
        "started": run.started,
        "finished": run.finished,
        "overrides": run.overrides,
        "params": run.params,
        "metrics": metrics,
        "stages": run.stages,
        "provenance": run.provenance,
        "kept": kept.is_some(),
        "note": kept.and_then(|kept| kept.note),
    });
    if epochs {
        let told = runs::events(store, &run.id).filter_map(|event| match event {
            RunEvent::StageProgress { stage, progress: progress @ StageEvent::Epoch { .. } } => {
                let mut epoch = json!(progress);
                epoch["stage"] = Value::from(stage);
                Some(epoch)
            }
            _ => None,
        });
        document["epochs"] = Value::Array(told.collect());
    }
    document
}
