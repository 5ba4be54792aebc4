use crate::{exit::Exit, failure::Failure, output};
use clap::{Args, ValueHint};
use serde_json::json;
use spec::SpecError;
use std::path::PathBuf;

use crate::args::OverrideArgs;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The pipeline files
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    overrides: OverrideArgs,
}

/// Reads the files and reports everything that is wrong with any of them, missing sources included.
pub fn check(args: &CheckArgs, json: bool) -> Result<Exit, Failure> {
    let mut errors: Vec<SpecError> = Vec::new();
    let mut checked = Vec::new();
    for file in &args.files {
        match spec::load(file, &args.overrides.set) {
            Ok(pipeline) => {
                errors.extend(pipeline.missing_sources.iter().cloned());
                checked.push((file.display().to_string(), pipeline.stages.len()));
            }
            Err(found) => errors.extend(found),
        }
    }
    if !errors.is_empty() {
        return Err(Failure::in_file(&errors));
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
