//! The experiments that a command line asks for: one, or one for each combination of the values of `--set`.

use crate::{
    args::{OverrideArgs, SampleArgs},
    failure::Failure,
    project::{self, Project},
};
use indexmap::IndexSet;
use spec::{Combination, SpecError, Sweep, SweepError};
use std::path::Path;

/// Every combination of the values of `--set`, or a sample of them.
pub fn combinations(overrides: &OverrideArgs, sample: &SampleArgs) -> Result<Vec<Combination>, Failure> {
    let sweep = Sweep::read(&overrides.set)?;
    Ok(match sample.sample {
        Some(count) => sweep.sample(count as usize, sample.sample_seed)?,
        None => sweep.all()?,
    })
}

/// Whether these are the experiments of a sweep, each with folders of its own.
pub fn is_sweep(combinations: &[Combination]) -> bool {
    combinations.iter().any(|combination| combination.label.is_some())
}

/// Fails if there is more than one experiment; `what` is what there can be one of.
pub fn refuse(overrides: &OverrideArgs, what: &str) -> Result<(), Failure> {
    if Sweep::read(&overrides.set)?.is_single() {
        return Ok(());
    }
    let hints = [
        "name one value for each `--set`; `plan` and `run` take several",
        "a text with a comma needs quotes of its own: `--set 'name=\"a,b\"'`",
    ];
    let message = format!("`--set` has several values, and {what} is of one experiment");
    Err(Failure::usage(message, hints.map(str::to_owned).to_vec()))
}

/// Reads the pipeline file once for each combination. What is wrong with several of them is told once.
pub fn load(file: &Path, combinations: &[Combination]) -> Result<Vec<Project>, Failure> {
    let mut errors: IndexSet<String> = IndexSet::new();
    let mut told: Vec<SpecError> = Vec::new();
    let mut pipelines = Vec::with_capacity(combinations.len());
    for Combination { set, label } in combinations {
        match spec::load(file, set) {
            Ok(pipeline) => pipelines.push(spec::Pipeline { variant: label.clone(), ..pipeline }),
            Err(found) => told.extend(found.into_iter().filter(|error| errors.insert(error.to_string()))),
        }
    }
    if !told.is_empty() {
        return Err(Failure::in_file(&told));
    }
    let Some(first) = pipelines.first() else { return Ok(Vec::new()) };
    let store = project::open_store(&first.root)?;
    Ok(pipelines.into_iter().map(|pipeline| Project { pipeline, store: store.clone() }).collect())
}

impl From<SweepError> for Failure {
    fn from(error: SweepError) -> Self {
        Self::usage(error.message, vec![error.hint.to_owned()])
    }
}
