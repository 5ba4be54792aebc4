use crate::{
    amounts::{self, show_bytes},
    exit::Exit,
    failure::Failure,
    grid, output, project,
};
use clap::Args;
use proto::{RunRecord, RunStatus};
use scheduler::{Latest, kept, runs};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};
use store::{Digest, GcItem, GcItemKind, GcReport, Roots, Store};

#[derive(Debug, Args)]
pub struct GcArgs {
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
    /// Only what is older than this: `30d`
    #[arg(long, value_name = "AGE", value_parser = amounts::duration)]
    older_than: Option<Duration>,
    /// Only as much as needed to bring the store below this size, the oldest first: `20G`
    #[arg(long, value_name = "SIZE", value_parser = amounts::bytes)]
    max_size: Option<u64>,
    /// Checkpoints of trainings too; without them a training that is changed starts from its first epoch
    #[arg(long)]
    checkpoints: bool,
}

/// Removes what neither the newest run of each pipeline, nor kept runs, nor running stages need.
pub fn gc(args: &GcArgs, json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let records = runs::list(&store);
    let spared = spared_runs(&store, &records);
    let roots = Roots {
        keys: needed_keys(&store, &spared)?,
        runs: spared.iter().map(|record| record.id.clone()).collect(),
        checkpoints: if args.checkpoints { BTreeSet::new() } else { names_in(&store, "checkpoints") },
        younger_than: args.older_than,
        within_bytes: args.max_size,
        ..Roots::default()
    };
    let report = store::gc(&store, &roots, args.dry_run)?;
    if json {
        output::line(&document(&report, args.dry_run).to_string())?;
        return Ok(Exit::Done);
    }
    let row = |item: &GcItem| vec![kind(item.kind).to_owned(), show_bytes(item.bytes), item.name.clone()];
    output::write(&grid::align(&report.removed.iter().map(row).collect::<Vec<_>>()))?;
    let (count, bytes) = (report.removed.len(), show_bytes(report.removed_bytes()));
    let verb = if args.dry_run { "would be removed" } else { "removed" };
    output::say(&format!("{count} {verb}, {bytes}; {} stay", show_bytes(report.kept_bytes)));
    Ok(Exit::Done)
}

/// The newest run of each experiment, finished or not, its newest finished one, and all that are kept.
fn spared_runs<'a>(store: &Store, records: &'a [RunRecord]) -> Vec<&'a RunRecord> {
    let mut newest: BTreeMap<(&str, Option<&str>, bool), &RunRecord> = BTreeMap::new();
    for record in records {
        let is_finished = record.status == RunStatus::Succeeded;
        newest.entry((&record.pipeline, record.variant.as_deref(), is_finished)).or_insert(record);
    }
    let is_kept = |record: &&RunRecord| kept::kept(store, &record.id).is_some();
    newest.into_values().chain(records.iter().filter(is_kept)).collect()
}

/// The keys of these runs, and those that the stages of each pipeline would be restored with.
fn needed_keys(store: &Store, spared: &[&RunRecord]) -> Result<BTreeSet<Digest>, Failure> {
    let mut needed = BTreeSet::new();
    for stage in spared.iter().flat_map(|record| &record.stages) {
        needed.extend(stage.key.as_ref().and_then(|key| key.parse::<Digest>().ok()));
    }
    for file in names_in(store, "latest") {
        let pipeline = file.strip_suffix(".json").unwrap_or(&file);
        needed.extend(Latest::read(store, pipeline)?.stages.into_values());
    }
    Ok(needed)
}

/// Names of what is in a folder of the store.
fn names_in(store: &Store, folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(store.root().join(folder)).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn kind(kind: GcItemKind) -> &'static str {
    match kind {
        GcItemKind::Action => "action",
        GcItemKind::Checkpoint => "checkpoint",
        GcItemKind::Stage => "stage",
        GcItemKind::Damaged => "damaged",
        GcItemKind::Temporary => "temporary",
        GcItemKind::Object => "object",
    }
}

fn document(report: &GcReport, dry_run: bool) -> serde_json::Value {
    let item = |item: &GcItem| json!({ "kind": kind(item.kind), "name": item.name, "bytes": item.bytes });
    json!({
        "dry_run": dry_run,
        "removed": report.removed.iter().map(item).collect::<Vec<_>>(),
        "removed_bytes": report.removed_bytes(),
        "kept_bytes": report.kept_bytes,
    })
}
