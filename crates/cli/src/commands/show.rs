use super::{
    runs::{kept_text, status},
    show_diff::show_diff,
};
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
use scheduler::{
    kept::{self, Kept},
    runs,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use store::Store;

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The run's id, the beginning of it, or `latest`
    #[arg(
        value_name = "RUN",
        required_unless_present = "diff",
        add = ArgValueCompleter::new(super::completions::run_ids)
    )]
    run: Option<String>,
    /// Show in what two runs differ instead: how they ended, settings, inputs, metrics, times, versions
    #[arg(
        long,
        num_args = 2,
        value_names = ["A", "B"],
        conflicts_with = "run",
        add = ArgValueCompleter::new(super::completions::run_ids),
    )]
    diff: Vec<String>,
    /// Show the end of each stage's log too
    #[arg(long)]
    logs: bool,
    /// Tell every epoch too
    #[arg(long, short)]
    verbose: bool,
}

/// Shows all that is kept of a run. Its events are told by the code that tells a run at work.
pub fn show(args: &ShowArgs, json: bool) -> Result<Exit, Failure> {
    if let [first, second] = args.diff.as_slice() {
        return show_diff(first, second, json);
    }
    let (_, store) = project::here()?;
    let run = project::run_record(&store, args.run.as_deref().unwrap_or("latest"))?;
    let kept = kept::kept(&store, &run.id);
    if json {
        let mut document = json!(run);
        document["kept"] = json!(kept.is_some());
        document["note"] = json!(kept.and_then(|kept| kept.note));
        output::line(&document.to_string())?;
        return Ok(Exit::Done);
    }
    let ends = if args.logs { ends_of_logs(&store, &run) } else { String::new() };
    let told = told(&store, &run, args.verbose);
    let sections = [facts(&run, kept.as_ref()), told, stages(&run), params(&run), metrics(&run), ends];
    let shown: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    output::write(&shown.join("\n"))?;
    Ok(Exit::Done)
}

/// The last lines of what each stage printed, where its result was made.
fn ends_of_logs(store: &Store, run: &RunRecord) -> String {
    const LINES: usize = 10;
    let mut text = String::new();
    for stage in &run.stages {
        let Ok(path) = super::logs::find(store, run, &stage.name) else { continue };
        text += &format!("{}: {}\n", stage.name, output::near(&path).display());
        text.extend(reporter::last_lines(&path, LINES).iter().map(|line| format!("  {line}\n")));
    }
    text
}

fn facts(run: &RunRecord, kept: Option<&Kept>) -> String {
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
        ("results", format!("results/{}/", run.experiment())),
        ("status", status(run.status).to_owned()),
        ("kept", kept_text(kept)),
        ("started", format!("{}{took}", time::local(&run.started))),
        ("by", format!("{user} on {host} with {cpus} cpus, version {version}")),
        ("revision", revision(&run.provenance)),
        ("with", versions(run)),
        ("command", command.join(" ")),
        ("set", settings(&run.overrides)),
        ("params", settings(&run.params)),
    ];
    let filled = rows.into_iter().filter(|(_, value)| !value.is_empty());
    grid::align(&filled.map(|(name, value)| vec![name.to_owned(), value]).collect::<Vec<_>>())
}

/// Device, libtorch and the like, as far as the stages said, each once.
fn versions(run: &RunRecord) -> String {
    let told = run.stages.iter().flat_map(|stage| &stage.provenance);
    let distinct: BTreeSet<String> = told.map(|(name, value)| format!("{name} {value}")).collect();
    distinct.into_iter().collect::<Vec<_>>().join(", ")
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
    let heading = ["stage", "kind", "outcome", "time", "executed in", "on", "by run"].map(str::to_owned);
    let row = |stage: &StageRecord| {
        vec![
            stage.name.clone(),
            stage.kind.clone(),
            reporter::outcome_word(stage.outcome).to_owned(),
            time::seconds(stage.seconds),
            time::seconds(stage.executed_seconds),
            stage.provenance.get("device").cloned().unwrap_or_default(),
            stage.made_by.clone().filter(|made_by| *made_by != run.id).unwrap_or_default(),
        ]
    };
    if run.stages.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = std::iter::once(heading.to_vec()).chain(run.stages.iter().map(row)).collect();
    grid::align(&rows)
}

/// What each stage's result was made with, defaults included.
fn params(run: &RunRecord) -> String {
    const WIDTH: usize = 84;
    let mut rows = Vec::new();
    for stage in &run.stages {
        let mut lines = vec![String::new()];
        for (name, value) in stage.params.iter().flat_map(|(name, value)| results::flatten(name, value)) {
            let text = format!("{name}={}", results::text_of(&value));
            match lines.last_mut() {
                Some(line) if line.is_empty() => *line = text,
                Some(line) if line.chars().count() + text.chars().count() < WIDTH => {
                    *line += &format!(" {text}")
                }
                _ => lines.push(text),
            }
        }
        lines.retain(|line| !line.is_empty());
        let heads = std::iter::once(format!("{} with", stage.name)).chain(std::iter::repeat(String::new()));
        rows.extend(heads.zip(lines).map(|(head, line)| vec![head, line]));
    }
    grid::align(&rows)
}

fn metrics(run: &RunRecord) -> String {
    let leaves = run.stages.iter().flat_map(|stage| {
        stage.metrics.iter().flat_map(|metrics| results::flatten(&stage.name, metrics)).collect::<Vec<_>>()
    });
    let rows: Vec<_> = leaves.map(|(name, value)| vec![name, results::text_of(&value)]).collect();
    grid::align(&rows)
}
