use crate::{args::OverrideArgs, failure::Failure, output, sweep};
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
