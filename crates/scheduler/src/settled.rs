//! The short way to "nothing to do".
//!
//! A run that leaves every stage in place files what that judgement rests on: the program, the command line,
//! the environment variables, the content of the pipeline file and of all sources, the recorded actions, the
//! outputs in `results/`. As long as all of it is as it was, the judgement would be too, and a run need not
//! make it again, nor read the pipeline file. In any other case the long way decides; so this file can cost
//! time, never a result.

use crate::{
    RunSummary, SchedulerError, assess::Assessor, graph::StageGraph, paths, stage_end::StageEnd,
    together::nothing_to_do,
};
use proto::RunEvent;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use spec::Pipeline;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use store::{Digest, Stamp, Store, StoreError, StoredOutput};

const FORMAT: u32 = 1;

/// What a command line asks of a pipeline file.
#[derive(Debug, Clone, Serialize)]
pub struct Question<'a> {
    /// Relative to the project's root where it lies below it.
    pub file: &'a Path,
    /// The pairs of `--set NAME=VALUE`.
    pub overrides: &'a [(String, String)],
    /// The names of `--stage`.
    pub stages: &'a [String],
    /// What `--device` says. It changes no result, but what is no device has no answer.
    pub device: &'a str,
}

/// What "nothing to do" rests on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settled {
    /// Whether the pipeline measures something, so that there are results to show.
    pub measures: bool,
    format: u32,
    pipeline: String,
    question: Digest,
    run: String,
    environment: BTreeMap<String, Option<String>>,
    /// The pipeline file, those that it includes and all sources, relative to the root, with the digests of their content.
    sources: Vec<(PathBuf, Digest)>,
    stages: Vec<SettledStage>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SettledStage {
    name: String,
    key: Digest,
    /// Of the action's file: it is replaced when the stage is forced, and gone when it is collected.
    action: Stamp,
    outputs: Vec<StoredOutput>,
}

impl Settled {
    /// What was filed for the question, if all that it rests on is as it was.
    pub fn find(root: &Path, store: &Store, question: &Question) -> Option<Self> {
        let pipeline = question.file.file_stem()?.to_str()?;
        let settled: Self = store::read_document(&path(store, pipeline), FORMAT).ok()??;
        (Some(settled.question) == question.digest() && settled.still_holds(root, store)).then_some(settled)
    }

    /// Where it is filed of a pipeline, whether or not it is there.
    pub fn file(store: &Store, pipeline: &str) -> PathBuf {
        path(store, pipeline)
    }

    /// Whether it is known which file a pipeline was read from, and that this is no more.
    pub fn has_lost_its_file(root: &Path, store: &Store, pipeline: &str) -> bool {
        let Ok(Some(settled)) = store::read_document::<Self>(&path(store, pipeline), FORMAT) else {
            return false;
        };
        let is_it = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == pipeline);
        let mut files = settled.sources.iter().map(|(path, _)| path).filter(is_it).peekable();
        files.peek().is_some() && files.all(|path| !root.join(path).exists())
    }

    fn still_holds(&self, root: &Path, store: &Store) -> bool {
        let has_content = |(path, digest): &(PathBuf, Digest)| {
            store.digest_path(&root.join(path)).is_ok_and(|found| found == *digest)
        };
        self.environment.iter().all(|(name, value)| std::env::var(name).ok() == *value)
            && self.sources.par_iter().all(has_content)
            && self.stages.par_iter().with_min_len(64).all(|stage| stage.still_holds(self, root, store))
    }

    pub(crate) fn write(&self, store: &Store) -> Result<(), SchedulerError> {
        Ok(store.write_document(&path(store, &self.pipeline), self)?)
    }

    /// Reports what [`crate::run()`] would, and returns it.
    pub fn report(self, report: &mut dyn FnMut(&RunEvent)) -> RunSummary {
        let names = self.stages.into_iter().map(|stage| stage.name);
        nothing_to_do(&self.pipeline, self.run, names.collect(), Vec::new(), report)
    }
}

impl Question<'_> {
    /// With what the program is, so that another version of it judges anew.
    fn digest(&self) -> Option<Digest> {
        let program = Stamp::of(&fs::metadata(std::env::current_exe().ok()?).ok()?);
        Some(Digest::of(&serde_json::to_vec(&(env!("CARGO_PKG_VERSION"), program, self)).ok()?))
    }
}

impl SettledStage {
    fn new(name: String, end: &StageEnd) -> Option<Self> {
        let action = end.action.as_ref()?;
        let outputs = action.outputs.values().cloned().collect();
        Some(Self { name, key: action.key, action: action.stamp?, outputs })
    }

    fn still_holds(&self, settled: &Settled, root: &Path, store: &Store) -> bool {
        let folder = paths::stage_folder(root, &settled.pipeline, &self.name);
        let is_placed = |output: &StoredOutput| store.is_placed(output, &folder.join(&output.file));
        store.action_stamp(&self.key) == Some(self.action) && self.outputs.iter().all(is_placed)
    }
}

/// What a run rests on that has left everything in place; none after any other.
pub(crate) fn settled(
    graph: &StageGraph,
    store: &Store,
    assessor: &Assessor,
    ends: &[Option<StageEnd>],
    question: &Question,
    run: &str,
) -> Option<Settled> {
    let pipeline = graph.pipeline;
    let mut sources = assessor.sources_seen()?;
    sources.extend(text_digests(pipeline, store)?);
    let mut environment = BTreeMap::new();
    let mut stages = Vec::with_capacity(ends.len());
    for (index, end) in ends.iter().enumerate().filter(|&(index, _)| assessor.is_selected(index)) {
        let stage = graph.stage(index);
        if !stage.cache {
            return None;
        }
        environment.extend(stage.env.iter().map(|name| (name.clone(), std::env::var(name).ok())));
        stages.push(SettledStage::new(stage.name.clone(), end.as_ref()?)?);
    }
    Some(Settled {
        measures: pipeline.measures(),
        format: FORMAT,
        pipeline: pipeline.name.clone(),
        question: question.digest()?,
        run: run.to_owned(),
        environment,
        sources,
        stages,
    })
}

/// The digests of the texts that the pipeline was read from, if their files still hold them.
fn text_digests(pipeline: &Pipeline, store: &Store) -> Option<Vec<(PathBuf, Digest)>> {
    let digest = |(path, text): &(PathBuf, String)| {
        let found = store.digest_path(&pipeline.root.join(path)).ok()?;
        (found == Digest::of(text.as_bytes())).then(|| (path.clone(), found))
    };
    pipeline.texts.iter().map(digest).collect()
}

fn path(store: &Store, pipeline: &str) -> PathBuf {
    folder(store).join(format!("{pipeline}.json"))
}

/// Whether there is such a document; an error if it cannot be read.
pub(crate) fn check(path: &Path) -> Result<bool, StoreError> {
    Ok(store::read_document::<Settled>(path, FORMAT)?.is_some())
}

pub(crate) fn folder(store: &Store) -> PathBuf {
    store.root().join("settled")
}
