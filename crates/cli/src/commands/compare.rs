use super::completions::{columns, pipelines_and_runs, rows, settings, sort_columns};
use crate::{exit::Exit, failure::Failure, output, project};
use clap::{Args, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCompleter;
use results::{CompareOptions, Filter, Format};
use std::{fs, path::PathBuf};

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Pipelines (by name or file), runs (by id or the beginning of it), or patterns of either; all pipelines
    /// if none is named
    #[arg(value_name = "PIPELINE|RUN|GLOB", add = ArgValueCompleter::new(pipelines_and_runs))]
    selectors: Vec<String>,
    /// Every finished run instead of the newest of each experiment
    #[arg(long)]
    all_runs: bool,
    /// Whether seeds are rows of their own or fold into mean ± standard deviation
    #[arg(long, value_enum, default_value_t = Seeds::Each)]
    seeds: Seeds,
    /// Fold over this setting too, such as a key of a matrix; may be repeated
    #[arg(long, value_name = "SETTING", add = ArgValueCompleter::new(settings))]
    fold: Vec<String>,
    /// The columns to show, instead of what differs and the metrics
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', add = ArgValueCompleter::new(columns))]
    columns: Vec<String>,
    /// Columns to leave out
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', add = ArgValueCompleter::new(columns))]
    drop: Vec<String>,
    /// The column to sort by, metrics best first; `-COLUMN` for the other way round
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = ArgValueCompleter::new(sort_columns))]
    sort: Option<String>,
    /// Only rows that meet a condition: 'lr < 0.1', 'rank1 >= 97 %', 'kind = decay-train'; may be repeated
    #[arg(long, value_name = "CONDITION", add = ArgValueCompleter::new(columns))]
    filter: Vec<String>,
    /// The row that others are held against: a pipeline, a run, a reference, or 'lr = 0.1 and seed = 1'
    #[arg(long, value_name = "ROW", add = ArgValueCompleter::new(rows))]
    baseline: Option<String>,
    /// The form; `--json` is the same as `--format json`
    #[arg(long, value_enum, default_value_t = FormatName::Table)]
    format: FormatName,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Seeds {
    Each,
    Fold,
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
    let table = results::compare(&project::history(&store), &options(args)?)?;
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

fn options(args: &CompareArgs) -> Result<CompareOptions, Failure> {
    let filters: Vec<Filter> = args.filter.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let mut fold = args.fold.clone();
    if args.seeds == Seeds::Fold {
        fold.push("seed".to_owned());
    }
    Ok(CompareOptions {
        selectors: args.selectors.clone(),
        all_runs: args.all_runs,
        fold,
        columns: args.columns.clone(),
        drop: args.drop.clone(),
        sort: args.sort.clone(),
        filters,
        baseline: args.baseline.clone(),
    })
}
