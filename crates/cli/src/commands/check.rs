use crate::{exit::Exit, failure::Failure, output, sweep};
use clap::{Args, ValueHint};
use indexmap::IndexMap;
use serde_json::json;
use spec::SpecError;
use std::path::PathBuf;

use crate::args::{OverrideArgs, SampleArgs};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The pipeline files
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    overrides: OverrideArgs,
    #[command(flatten)]
    sample: SampleArgs,
}

/// Reads the files and reports everything that is wrong with any of them, missing sources included.
pub fn check(args: &CheckArgs, json: bool) -> Result<Exit, Failure> {
    let combinations = sweep::combinations(&args.overrides, &args.sample)?;
    let mut errors: IndexMap<String, SpecError> = IndexMap::new();
    let mut checked = Vec::new();
    for file in &args.files {
        let mut stages = 0;
        for combination in &combinations {
            let found = match spec::load(file, &combination.set) {
                Ok(pipeline) => {
                    stages += pipeline.stages.len();
                    pipeline.missing_sources
                }
                Err(found) => found.into_iter().collect(),
            };
            errors.extend(found.into_iter().map(|error| (error.to_string(), error)));
        }
        checked.push((file.display().to_string(), stages));
    }
    if !errors.is_empty() {
        return Err(Failure::in_file(errors.values()));
    }
    if json {
        let files = checked.iter().map(|(file, stages)| json!({ "file": file, "stages": stages }));
        output::line(&json!({ "files": files.collect::<Vec<_>>() }).to_string())?;
    } else {
        for (file, stages) in checked {
            output::say(&format!("{file}: {stages} stages, no errors"));
        }
    }
    Ok(Exit::Done)
}
