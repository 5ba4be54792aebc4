use crate::{
    commands::completions::{columns, pipelines_and_runs, rows, settings, sort_columns},
    failure::Failure,
};
use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use results::{CompareOptions, Filter};

/// What to compare, and how: the same for `compare`, `report` and `serve`.
#[derive(Debug, Args)]
pub struct ComparisonArgs {
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
    /// The columns to show, by name or heading, instead of what differs and the metrics
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', add = ArgValueCompleter::new(columns))]
    columns: Vec<String>,
    /// Columns to leave out
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', add = ArgValueCompleter::new(columns))]
    drop: Vec<String>,
    /// The column to sort by, metrics best first; `-COLUMN` for the other way round
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = ArgValueCompleter::new(sort_columns))]
    sort: Option<String>,
    /// Only rows that meet a condition: 'lr < 0.1', 'rank-1 >= 97 %', 'kind = decay-train', 'lr != none'; may be
    /// repeated
    #[arg(long, value_name = "CONDITION", add = ArgValueCompleter::new(columns))]
    filter: Vec<String>,
    /// The row that others are held against: a pipeline as its file has it, a run, a reference, or
    /// 'lr = 0.1 and seed = 1'
    #[arg(long, value_name = "ROW", add = ArgValueCompleter::new(rows))]
    baseline: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Seeds {
    Each,
    Fold,
}

impl ComparisonArgs {
    /// The same for [`results::compare`], if its conditions can be read.
    pub fn options(&self) -> Result<CompareOptions, Failure> {
        let filters: Vec<Filter> = self.filter.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let mut fold = self.fold.clone();
        if self.seeds == Seeds::Fold {
            fold.push("seed".to_owned());
        }
        Ok(CompareOptions {
            selectors: self.selectors.clone(),
            all_runs: self.all_runs,
            fold,
            columns: self.columns.clone(),
            drop: self.drop.clone(),
            sort: self.sort.clone(),
            filters,
            baseline: self.baseline.clone(),
        })
    }
}
