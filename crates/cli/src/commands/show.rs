use super::runs::status;
use crate::{
    exit::Exit,
    failure::Failure,
    grid, output, project,
    reporter::{self, Detail, Narrator},
    style::Style,
    time,
};
use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use proto::{Provenance, RunRecord, StageRecord};
use scheduler::runs;
use serde_json::json;
use std::collections::BTreeMap;
use store::Store;

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The run's id, the beginning of it, or `latest`
    #[arg(value_name = "RUN", add = ArgValueCompleter::new(super::completions::run_ids))]
    run: String,
    /// Tell every epoch too
    #[arg(long, short)]
    verbose: bool,
}

/// Shows all that is kept of a run. Its events are told by the code that tells a run at work.
pub fn show(args: &ShowArgs, json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let run = project::run_record(&store, &args.run)?;
    if json {
        output::line(&json!(run).to_string())?;
        return Ok(Exit::Done);
    }
    let sections = [facts(&run), told(&store, &run, args.verbose), stages(&run), metrics(&run)];
    let shown: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    output::write(&shown.join("\n"))?;
    Ok(Exit::Done)
}

fn facts(run: &RunRecord) -> String {
    let finished = run.finished.as_deref().and_then(|finished| time::between(&run.started, finished));
    let took = finished.map_or_else(String::new, |took| format!(", took {}", time::seconds(took)));
    let Provenance { user, host, version, cpus, command, .. } = &run.provenance;
    let settings = |settings: &BTreeMap<String, serde_json::Value>| {
        let texts = settings.iter().map(|(name, value)| format!("{name}={}", results::text_of(value)));
        texts.collect::<Vec<_>>().join(" ")
    };
    let rows = [
        ("run", run.id.clone()),
        ("pipeline", format!("{} ({})", run.pipeline, run.file)),
        ("status", status(run.status).to_owned()),
        ("started", format!("{}{took}", time::local(&run.started))),
        ("by", format!("{user} on {host} with {cpus} cpus, version {version}")),
        ("revision", revision(&run.provenance)),
        ("command", command.join(" ")),
        ("set", settings(&run.overrides)),
        ("params", settings(&run.params)),
    ];
    let filled = rows.into_iter().filter(|(_, value)| !value.is_empty());
    grid::align(&filled.map(|(name, value)| vec![name.to_owned(), value]).collect::<Vec<_>>())
}

fn revision(provenance: &Provenance) -> String {
    let Some(revision) = &provenance.git_revision else { return String::new() };
    let changed = if provenance.git_dirty == Some(true) { ", with uncommitted changes" } else { "" };
    format!("{revision}{changed}")
}

fn told(store: &Store, run: &RunRecord, verbose: bool) -> String {
    let detail = if verbose { Detail::Everything } else { Detail::Outcomes };
    let took = run.finished.as_deref().and_then(|finished| time::between(&run.started, finished));
    let of_logs = store.clone();
    let log_path = move |run: &str, stage: &str| output::near(&runs::log_path(&of_logs, run, stage));
    let mut narrator = Narrator::new(detail, Style::of_stdout(), log_path);
    runs::events(store, &run.id)
        .flat_map(|event| narrator.tell(&event, took))
        .map(|line| line + "\n")
        .collect()
}

fn stages(run: &RunRecord) -> String {
    let heading = ["stage", "kind", "outcome", "time", "time when executed", "on"].map(str::to_owned);
    let row = |stage: &StageRecord| {
        vec![
            stage.name.clone(),
            stage.kind.clone(),
            reporter::outcome_word(stage.outcome).to_owned(),
            time::seconds(stage.seconds),
            time::seconds(stage.executed_seconds),
            stage.provenance.get("device").cloned().unwrap_or_default(),
        ]
    };
    if run.stages.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = std::iter::once(heading.to_vec()).chain(run.stages.iter().map(row)).collect();
    grid::align(&rows)
}

fn metrics(run: &RunRecord) -> String {
    let leaves = run.stages.iter().flat_map(|stage| {
        stage.metrics.iter().flat_map(|metrics| results::flatten(&stage.name, metrics)).collect::<Vec<_>>()
    });
    let rows: Vec<_> = leaves.map(|(name, value)| vec![name, results::text_of(&value)]).collect();
    grid::align(&rows)
}
