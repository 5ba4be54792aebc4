//! A temporary project with a store, and short ways to fill it.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};
use store::{
    ActionRecord, Begin, Claim, Collection, Digest, GcReport, Made, Roots, Store, StoreError, StoredOutput,
};
use tempfile::TempDir;

pub struct Project {
    folder: TempDir,
    pub store: Store,
}

impl Project {
    pub fn new() -> Project {
        Project::at(tempfile::tempdir().unwrap())
    }

    pub fn at(folder: TempDir) -> Project {
        let store = Store::open(folder.path()).unwrap();
        Project { folder, store }
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Saves what this process knows and opens the store anew, as the next process would.
    pub fn reopen(&mut self) {
        self.store.save_index().unwrap();
        self.store = Store::open(self.folder.path()).unwrap();
    }

    /// Makes `key` produce one output `out`, as `make` writes it.
    pub fn produce(&self, key: &str, make: impl FnOnce(&Path)) -> ActionRecord {
        commit(work(&self.store, key), make)
    }

    /// Makes `key` produce one output `out`: a file with this content.
    pub fn produce_file(&self, key: &str, content: &str) -> ActionRecord {
        self.produce(key, |path| fs::write(path, content).unwrap())
    }
}

pub fn digest(key: &str) -> Digest {
    Digest::of(key.as_bytes())
}

pub fn work(store: &Store, key: &str) -> Claim {
    match store.begin(&digest(key)).unwrap() {
        Begin::Work(claim) => claim,
        Begin::Done(action) => panic!("already done: {action:?}"),
    }
}

pub fn gc(store: &Store, roots: &Roots, dry_run: bool) -> Result<GcReport, StoreError> {
    Collection::begin(store, dry_run)?.finish(roots)
}

pub fn commit(claim: Claim, make: impl FnOnce(&Path)) -> ActionRecord {
    let path = claim.directory().join("out");
    make(&path);
    claim.commit(made(path)).unwrap()
}

pub fn made(output: PathBuf) -> Made {
    Made {
        key_document: json!({"kind": "command", "params": {"lr": 0.1}}),
        outputs: vec![("out".to_owned(), output, "out".to_owned())],
        seconds: 1.5,
        ..Made::default()
    }
}

pub fn output(action: &ActionRecord) -> &StoredOutput {
    &action.outputs["out"]
}

/// The names of all files below a folder, relative to it.
pub fn files_below(folder: &Path) -> Vec<String> {
    fn visit(folder: &Path, root: &Path, files: &mut Vec<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, root, files);
            } else {
                files.push(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    let mut files = Vec::new();
    visit(folder, folder, &mut files);
    files.sort();
    files
}

/// Runs the test `name` of this program again, as another process that `role` tells what to do there.
pub fn child(name: &str, role: &str, project: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture"])
        .env("STORE_TEST_ROLE", role)
        .env("STORE_TEST_PROJECT", project);
    command
}

/// In a process started with [`child`]: its role, and the project's store.
pub fn role() -> Option<(String, PathBuf, Store)> {
    let role = std::env::var("STORE_TEST_ROLE").ok()?;
    let project = PathBuf::from(std::env::var_os("STORE_TEST_PROJECT")?);
    let store = Store::open(&project).unwrap();
    Some((role, project, store))
}
