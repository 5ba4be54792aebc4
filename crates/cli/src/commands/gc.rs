use crate::{
    amounts::{self, show_bytes},
    exit::Exit,
    failure::Failure,
    grid, output, project,
};
use clap::Args;
use proto::{RunRecord, RunStatus};
use scheduler::{Latest, Settled, kept, runs};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};
use store::{Collection, Digest, GcItem, GcItemKind, GcReport, Roots, Store};

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
    /// Those checkpoints too from which a training could go on
    #[arg(long)]
    checkpoints: bool,
}

/// Removes what neither the newest run of each pipeline, nor kept runs, nor running stages need.
pub fn gc(args: &GcArgs, json: bool) -> Result<Exit, Failure> {
    let (root, store) = project::here()?;
    let collection = Collection::begin(&store, args.dry_run)?;
    let (records, unreadable) = runs::list_all(&store);
    project::warn_of_unreadable(&store, &unreadable);
    let spared = spared_runs(&store, &records);
    let forgotten = if unreadable.is_empty() { forgotten(&root, &store, &records) } else { Vec::new() };
    let roots = Roots {
        keys: needed_keys(&store, &spared, &forgotten)?,
        runs: spared.iter().map(|record| record.id.clone()).chain(unreadable).collect(),
        forgotten: forgotten.into_iter().flat_map(|(_, files)| files).collect(),
        spares_checkpoints: !args.checkpoints,
        younger_than: args.older_than,
        within_bytes: args.max_size,
        ..Roots::default()
    };
    let report = collection.finish(&roots)?;
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

/// The experiments that have no run on record any more, with the files that say what they last had: those of sweeps,
/// and pipelines whose file is gone too. What a file that is still there would be restored with is too dear to guess.
/// Not asked while a record cannot be read: it may be of any of them.
fn forgotten(root: &Path, store: &Store, records: &[RunRecord]) -> Vec<(String, Vec<PathBuf>)> {
    let on_record: BTreeSet<String> = records.iter().map(RunRecord::experiment).collect();
    let is_gone = |(experiment, _): &(String, PathBuf)| {
        !on_record.contains(experiment)
            && (experiment.contains('@') || Settled::has_lost_its_file(root, store, experiment))
    };
    let gone = Latest::list(store).into_iter().filter(is_gone);
    gone.map(|(experiment, latest)| {
        let settled = Settled::file(store, &experiment);
        let files = std::iter::once(latest).chain(settled.exists().then_some(settled));
        (experiment, files.collect())
    })
    .collect()
}

/// The keys of these runs, and those that the stages of each experiment on record would be restored with.
fn needed_keys(
    store: &Store,
    spared: &[&RunRecord],
    forgotten: &[(String, Vec<PathBuf>)],
) -> Result<BTreeSet<Digest>, Failure> {
    let mut needed = BTreeSet::new();
    for stage in spared.iter().flat_map(|record| &record.stages) {
        needed.extend(stage.key.as_ref().and_then(|key| key.parse::<Digest>().ok()));
    }
    let on_record =
        |(experiment, _): &(String, PathBuf)| !forgotten.iter().any(|(name, _)| name == experiment);
    for (experiment, _) in Latest::list(store).into_iter().filter(on_record) {
        needed.extend(Latest::read(store, &experiment)?.stages.into_values());
    }
    Ok(needed)
}

fn kind(kind: GcItemKind) -> &'static str {
    match kind {
        GcItemKind::Action => "action",
        GcItemKind::Forgotten => "forgotten",
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
