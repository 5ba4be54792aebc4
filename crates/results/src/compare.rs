use crate::{
    collect::experiments,
    columns::{columns, is_unknown, unknown},
    error::CompareError,
    experiment::{Experiment, Lookup},
    filter::Filter,
    fold::fold,
    metrics, rows,
    select::select,
    sort, standing,
    table::ResultsTable,
};
use proto::RunRecord;

/// What to compare, and how.
#[derive(Debug, Clone, Default)]
pub struct CompareOptions {
    /// Pipelines, runs, or patterns of either; all pipelines if empty.
    pub selectors: Vec<String>,
    /// Every finished run instead of the newest of each experiment.
    pub all_runs: bool,
    /// Settings over which rows are folded, by the last part of their name: `seed`.
    pub fold: Vec<String>,
    /// The columns to show, instead of what differs and the metrics.
    pub columns: Vec<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// The column to sort by: settings upwards, metrics best first; with `-` before it the other way round.
    pub sort: Option<String>,
    /// Conditions that all rows meet. Those on metrics apply after folding.
    pub filters: Vec<Filter>,
    /// The row that others are held against: a pipeline, a run, a reference's name, or a condition.
    pub baseline: Option<String>,
}

/// Puts runs side by side. The order of `records` does not matter: equal records give equal tables.
pub fn compare(records: &[RunRecord], options: &CompareOptions) -> Result<ResultsTable, CompareError> {
    let runs = select(records, &options.selectors, options.all_runs)?;
    let newest_first: Vec<&RunRecord> = runs.iter().rev().copied().collect();
    let shown = metrics::shown(&newest_first);
    let all: Vec<Experiment> = runs.iter().flat_map(|record| experiments(record, &shown)).collect();
    let mut kept = filtered_and_folded(all, options)?;
    let columns = columns(&kept, &shown, options)?;
    sort::by_columns(&mut kept, &columns);
    if let Some(name) = &options.sort {
        sort::by_name(&mut kept, name, &columns)?;
    }
    let in_table = |record: &&&RunRecord| kept.iter().any(|experiment| experiment.runs.contains(&record.id));
    let mut rows: Vec<_> = kept.iter().map(|experiment| rows::of_experiment(experiment, &columns)).collect();
    rows.extend(rows::of_references(newest_first.iter().filter(in_table).copied(), &columns));
    let mut table = ResultsTable { columns, rows, baseline: None };
    standing::mark_best(&mut table);
    if let Some(text) = &options.baseline {
        standing::hold_against(&mut table, text, &kept)?;
    }
    standing::mark_spread(&mut table);
    Ok(table)
}

/// Conditions on settings come before folding, since they choose what is folded; conditions on metrics come
/// after, since leaving out the bad seeds would flatter the mean.
fn filtered_and_folded(
    mut experiments: Vec<Experiment>,
    options: &CompareOptions,
) -> Result<Vec<Experiment>, CompareError> {
    for filter in &options.filters {
        if !experiments.is_empty() && is_unknown(&filter.column, &experiments) {
            return Err(unknown(&filter.column, &experiments));
        }
    }
    let is_metric = |filter: &&Filter| {
        experiments.iter().any(|experiment| matches!(experiment.lookup(&filter.column), Lookup::Metric(_)))
    };
    let (on_metrics, on_settings): (Vec<&Filter>, Vec<&Filter>) = options.filters.iter().partition(is_metric);
    experiments = keep(experiments, &on_settings)?;
    if !options.fold.is_empty() {
        experiments = fold(experiments, &options.fold);
    }
    keep(experiments, &on_metrics)
}

fn keep(experiments: Vec<Experiment>, filters: &[&Filter]) -> Result<Vec<Experiment>, CompareError> {
    let mut kept = Vec::with_capacity(experiments.len());
    for experiment in experiments {
        let mut matches = true;
        for filter in filters {
            matches = matches && filter.matches(&experiment)?;
        }
        if matches {
            kept.push(experiment);
        }
    }
    Ok(kept)
}
