use crate::{
    collect::experiments,
    columns::{columns, usual},
    error::CompareError,
    experiment::Experiment,
    filter::Filter,
    fold::fold,
    meaning::{Meaning, SET},
    metrics,
    names::Names,
    newest::{newest_of_each, newest_of_each_file},
    rows,
    select::select,
    sort, standing,
    table::ResultsTable,
};
use proto::RunRecord;
use std::collections::HashSet;

/// What to compare, and how.
#[derive(Debug, Clone, Default)]
pub struct CompareOptions {
    /// Pipelines, runs, or patterns of either; all pipelines if empty.
    pub selectors: Vec<String>,
    /// Every finished run instead of the newest of each experiment.
    pub all_runs: bool,
    /// Settings over which rows are folded, by the end of their name: `seed`.
    pub fold: Vec<String>,
    /// The columns to show, instead of what differs and the metrics.
    pub columns: Vec<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// The column to sort by: settings upwards, metrics best first; with `-` before it the other way round.
    pub sort: Option<String>,
    /// Conditions that all rows meet. Those on metrics apply after folding.
    pub filters: Vec<Filter>,
    /// The row that others are held against: a pipeline (of several rows the one without `--set`), a run, a
    /// reference's name, or conditions.
    pub baseline: Option<String>,
}

/// Puts runs side by side. The order of `records` does not matter: equal records give equal tables.
///
/// The newest finished run counts of each pipeline and what `--set` gave it; and experiments of one pipeline with equal
/// settings, seeds included, are one, whether file or `--set` gave them.
pub fn compare(records: &[RunRecord], options: &CompareOptions) -> Result<ResultsTable, CompareError> {
    let selection = select(records, &options.selectors)?;
    let newest_first: Vec<&RunRecord> = selection.runs.iter().rev().copied().collect();
    let measured = metrics::shown(&newest_first);
    let mut all: Vec<Experiment> =
        selection.runs.iter().flat_map(|record| experiments(record, &measured)).collect();
    if !options.all_runs {
        all = newest_of_each_file(all, &measured, &selection.named);
        all = newest_of_each(all, &measured, &selection.named);
    }
    let counted = behind(&all, &newest_first);
    let shown = metrics::shown(&counted);
    let with_runs = options.all_runs || !selection.named.is_empty() && has_twins(&all);
    let names = Names::new(&all, &shown, usual(&all, &shown, with_runs));
    let mut kept = filtered_and_folded(all.clone(), options, &names)?;
    let columns = columns(&kept, &shown, with_runs, options, &names)?;
    sort::by_columns(&mut kept, &columns);
    if let Some(name) = &options.sort {
        sort::by_name(&mut kept, name, &names)?;
    }
    let mut rows: Vec<_> = kept.iter().map(|experiment| rows::of_experiment(experiment, &columns)).collect();
    rows.extend(rows::of_references(&behind(&kept, &counted), &columns));
    let mut table = ResultsTable { columns, rows, baseline: None, candidates: all.len() };
    standing::mark_best(&mut table);
    match &options.baseline {
        Some(text) if !all.is_empty() => standing::hold_against(&mut table, text, &kept, &names)?,
        _ => standing::mark_spread(&mut table),
    }
    Ok(table)
}

/// Whether some are told apart by their runs alone.
fn has_twins(experiments: &[Experiment]) -> bool {
    let mut seen = HashSet::new();
    !experiments.iter().all(|experiment| seen.insert(experiment.identity()))
}

/// The records that `experiments` were made of, in their order.
fn behind<'a>(experiments: &[Experiment], records: &[&'a RunRecord]) -> Vec<&'a RunRecord> {
    let runs: HashSet<&String> = experiments.iter().flat_map(|experiment| &experiment.runs).collect();
    records.iter().copied().filter(|record| runs.contains(&record.id)).collect()
}

/// Conditions on settings come before folding, since they choose what is folded; conditions on metrics come
/// after, since leaving out the bad seeds would flatter the mean.
fn filtered_and_folded(
    mut experiments: Vec<Experiment>,
    options: &CompareOptions,
    names: &Names,
) -> Result<Vec<Experiment>, CompareError> {
    let mut on_settings = Vec::new();
    let mut on_metrics = Vec::new();
    for filter in &options.filters {
        let meaning = names.resolve(&filter.column)?;
        filter.check(&experiments, &meaning)?;
        let conditions = if meaning.metric.is_some() { &mut on_metrics } else { &mut on_settings };
        conditions.push((filter, meaning));
    }
    // Whoever folds over seeds may have none.
    for name in options.fold.iter().filter(|name| *name != "seed") {
        names.resolve(name)?;
    }
    experiments = keep(experiments, &on_settings)?;
    if !options.fold.is_empty() {
        let settings = options.fold.iter().map(|name| name.strip_suffix(SET).unwrap_or(name).to_owned());
        experiments = fold(experiments, &settings.collect::<Vec<_>>());
    }
    keep(experiments, &on_metrics)
}

fn keep(
    experiments: Vec<Experiment>,
    filters: &[(&Filter, Meaning)],
) -> Result<Vec<Experiment>, CompareError> {
    let mut kept = Vec::with_capacity(experiments.len());
    for experiment in experiments {
        let mut matches = true;
        for (filter, meaning) in filters {
            matches = matches && filter.matches(&experiment, meaning)?;
        }
        if matches {
            kept.push(experiment);
        }
    }
    Ok(kept)
}
