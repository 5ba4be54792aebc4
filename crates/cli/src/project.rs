use crate::{args::OverrideArgs, failure::Failure, output, sweep};
use proto::RunRecord;
use scheduler::runs;
use spec::Pipeline;
use std::{
    env,
    path::{Path, PathBuf},
};
use store::Store;

/// A pipeline file, read, and the store of its project.
pub struct Project {
    pub pipeline: Pipeline,
    pub store: Store,
}

/// Reads a pipeline file of one experiment and opens the store of its project; `what` is what is made of it.
pub fn load(file: &Path, overrides: &OverrideArgs, what: &str) -> Result<Project, Failure> {
    sweep::refuse(overrides, what)?;
    let pipeline = spec::load(file, &overrides.set)?;
    let store = open_store(&pipeline.root)?;
    Ok(Project { pipeline, store })
}

/// The store of the project that the current folder is part of, with the project's root.
pub fn here() -> Result<(PathBuf, Store), Failure> {
    let folder = env::current_dir().map_err(|error| Failure::io("find", Path::new("."), &error))?;
    let root = spec::find_root(&folder.join("pipeline.toml"));
    let store = open_store(&root)?;
    Ok((root, store))
}

/// The record of a run, by its id, the beginning of it, or `latest`.
pub fn run_record(store: &Store, run: &str) -> Result<proto::RunRecord, Failure> {
    Ok(runs::load(store, run)?)
}

/// The records of all runs, newest first. Those that cannot be read are told on stderr.
pub fn history(store: &Store) -> Vec<RunRecord> {
    let (records, unreadable) = runs::list_all(store);
    warn_of_unreadable(store, &unreadable);
    records
}

/// Says on stderr, in one line, which runs are left out of what follows.
pub fn warn_of_unreadable(store: &Store, unreadable: &[String]) {
    const SHOWN: usize = 3;
    if unreadable.is_empty() {
        return;
    }
    let mut names: Vec<&str> = unreadable.iter().take(SHOWN).map(String::as_str).collect();
    let more = format!("{} more", unreadable.len().saturating_sub(SHOWN));
    names.extend((unreadable.len() > SHOWN).then_some(more.as_str()));
    let (names, folder) = (names.join(", "), output::near(&store.root().join("runs")));
    let folder = folder.display();
    output::say(&format!(
        "warning: the records of these runs cannot be read, so they are left out: {names} (in {folder}; see `pipeline verify`)"
    ));
}

/// The store of the project at `root`.
pub fn open_store(root: &Path) -> Result<Store, Failure> {
    let store = Store::open(root)?;
    tell_warnings(&store);
    Ok(store)
}

/// Tells people what the store noticed since last asked.
pub fn tell_warnings(store: &Store) {
    for warning in store.take_warnings() {
        output::say(&format!("warning: {warning}"));
    }
}
