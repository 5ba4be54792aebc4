use crate::{exit::Exit, failure::Failure, worker};
use clap::{Args, ValueHint};
use proto::InspectQuestion;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Weights of a training, a dataset file, or the folder of a `dataset` stage
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    path: PathBuf,
    /// Draw images of the dataset here, as PNG
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    sheet: Option<PathBuf>,
    /// Show on the sheet what this augmentation does, written as in a pipeline file
    #[arg(long, value_name = "TOML", requires = "sheet")]
    augment: Option<String>,
    /// The seed of the augmentation's draws
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
}

/// Says what is in weights or in a dataset.
pub fn inspect(args: InspectArgs, json: bool) -> Result<Exit, Failure> {
    let InspectArgs { path, sheet, augment, seed } = args;
    let is_png = |file: &PathBuf| file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    if let Some(file) = sheet.as_ref().filter(|file| !is_png(file)) {
        let message =
            format!("a contact sheet is a PNG image, and `{}` does not end in `.png`", file.display());
        let hint = format!("write it as `{}`", file.with_extension("png").display());
        return Err(Failure::usage(message, vec![hint]));
    }
    worker::ask("inspect", &InspectQuestion { path, sheet, augment, seed, json })
}
