use crate::{comparison::ComparisonArgs, exit::Exit, failure::Failure, output, project};
use clap::{Args, ValueEnum, ValueHint};
use results::Format;
use std::{fs, path::PathBuf};

#[derive(Debug, Args)]
pub struct CompareArgs {
    #[command(flatten)]
    comparison: ComparisonArgs,
    /// The form; `--json` is the same as `--format json`
    #[arg(long, value_enum, default_value_t = FormatName::Table)]
    format: FormatName,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    Table,
    Csv,
    #[value(alias = "markdown")]
    Md,
    Json,
    Html,
}

pub fn compare(args: &CompareArgs, json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let table = results::compare(&project::history(&store), &args.comparison.options()?)?;
    let format = match args.format {
        _ if json => Format::Json,
        FormatName::Table => Format::Terminal { width: output::width() },
        FormatName::Csv => Format::Csv,
        FormatName::Md => Format::Markdown,
        FormatName::Json => Format::Json,
        FormatName::Html => Format::Html,
    };
    let text = results::render(&table, format)?;
    match &args.out {
        Some(path) => fs::write(path, text).map_err(|error| Failure::io("write", path, &error))?,
        None => output::write(&text)?,
    }
    Ok(Exit::Done)
}
