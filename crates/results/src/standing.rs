use crate::{
    error::CompareError,
    experiment::Experiment,
    filter::Filter,
    format::text_of,
    table::{Cell, ColumnRole, MetricCell, ResultsTable, RowKind},
};
use spec::Goal;

/// Marks the best value of each metric among the experiments, where they differ. Several may share it;
/// published ones do not take part.
pub(crate) fn mark_best(table: &mut ResultsTable) {
    for at in metric_columns(table) {
        let ColumnRole::Metric { goal, .. } = table.columns[at].role else { continue };
        let mut ours: Vec<&mut MetricCell> = table
            .rows
            .iter_mut()
            .filter(|row| row.kind == RowKind::Experiment)
            .filter_map(|row| metric_mut(&mut row.cells[at]))
            .filter(|cell| !cell.value.mean.is_nan())
            .collect();
        let values = ours.iter().map(|cell| cell.value.mean);
        let best = match goal {
            Goal::Max => values.reduce(f64::max),
            Goal::Min => values.reduce(f64::min),
        };
        let differ = ours.iter().any(|cell| Some(cell.value.mean) != best);
        if differ {
            ours.iter_mut().for_each(|cell| cell.best = Some(cell.value.mean) == best);
        }
    }
}

/// Holds every row against the one that `text` names. `experiments` are the table's first rows.
pub(crate) fn hold_against(
    table: &mut ResultsTable,
    text: &str,
    experiments: &[Experiment],
) -> Result<(), CompareError> {
    let baseline = find_row(table, text, experiments)?;
    for at in metric_columns(table) {
        let Cell::Metric(MetricCell { value: base, .. }) = table.rows[baseline].cells[at] else { continue };
        for (_, row) in table.rows.iter_mut().enumerate().filter(|(index, _)| *index != baseline) {
            if let Some(cell) = metric_mut(&mut row.cells[at]) {
                cell.difference = Some(cell.value.mean - base.mean);
                cell.within_spread = cell.value.is_within_spread_of(&base);
            }
        }
    }
    table.baseline = Some(text.to_owned());
    Ok(())
}

/// Without a baseline, marks what differs from the best by no more than the spread of both.
pub(crate) fn mark_spread(table: &mut ResultsTable) {
    if table.baseline.is_some() {
        return;
    }
    for at in metric_columns(table) {
        let cells = table.rows.iter().filter_map(|row| metric(&row.cells[at]));
        let Some(best) = cells.into_iter().find(|cell| cell.best).map(|cell| cell.value) else { continue };
        for cell in table.rows.iter_mut().filter_map(|row| metric_mut(&mut row.cells[at])) {
            cell.within_spread = !cell.best && cell.value.is_within_spread_of(&best);
        }
    }
}

fn find_row(table: &ResultsTable, text: &str, experiments: &[Experiment]) -> Result<usize, CompareError> {
    let is_named = |at: &usize| match experiments.get(*at) {
        Some(experiment) => {
            experiment.pipeline == text || experiment.runs.iter().any(|run| run.starts_with(text))
        }
        None => matches!(&table.rows[*at].cells[0], Cell::Setting(name) if text_of(name) == text),
    };
    let mut found: Vec<usize> = (0..table.rows.len()).filter(is_named).collect();
    let conditions: Result<Vec<Filter>, _> = text.split(" and ").map(str::parse).collect();
    if found.is_empty()
        && let Ok(conditions) = conditions
    {
        for (at, experiment) in experiments.iter().enumerate() {
            let met = conditions.iter().map(|condition| condition.matches(experiment));
            if met.collect::<Result<Vec<bool>, _>>()?.into_iter().all(|is_met| is_met) {
                found.push(at);
            }
        }
    }
    match found.as_slice() {
        [row] => Ok(*row),
        rows => Err(CompareError::Baseline { text: text.to_owned(), count: rows.len() }),
    }
}

fn metric_columns(table: &ResultsTable) -> Vec<usize> {
    let is_metric = |at: &usize| matches!(table.columns[*at].role, ColumnRole::Metric { .. });
    (0..table.columns.len()).filter(is_metric).collect()
}

fn metric(cell: &Cell) -> Option<&MetricCell> {
    match cell {
        Cell::Metric(metric) => Some(metric),
        _ => None,
    }
}

fn metric_mut(cell: &mut Cell) -> Option<&mut MetricCell> {
    match cell {
        Cell::Metric(metric) => Some(metric),
        _ => None,
    }
}
