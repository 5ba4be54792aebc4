use crate::{
    baseline::find_row,
    error::CompareError,
    experiment::Experiment,
    names::Names,
    table::{Baseline, Cell, ColumnRole, MetricCell, ResultsTable, RowKind},
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
        let better = |a: MetricCell, b: MetricCell| match goal {
            Goal::Max if b.value.mean > a.value.mean => b,
            Goal::Min if b.value.mean < a.value.mean => b,
            _ => a,
        };
        let Some(best) = ours.iter().map(|cell| **cell).reduce(better) else { continue };
        if ours.iter().any(|cell| !cell.value.ties_with(&best.value)) {
            ours.iter_mut().for_each(|cell| cell.best = cell.value.ties_with(&best.value));
        }
    }
}

/// Holds every row against the one that `text` names. `experiments` are the table's first rows.
pub(crate) fn hold_against(
    table: &mut ResultsTable,
    text: &str,
    experiments: &[Experiment],
    names: &Names,
) -> Result<(), CompareError> {
    let baseline = find_row(table, text, experiments, names)?;
    for at in metric_columns(table) {
        let Cell::Metric(MetricCell { value: base, .. }) = table.rows[baseline].cells[at] else { continue };
        for (_, row) in table.rows.iter_mut().enumerate().filter(|(index, _)| *index != baseline) {
            if let Some(cell) = metric_mut(&mut row.cells[at]) {
                let tie = cell.value.ties_with(&base);
                cell.difference = Some(if tie { 0.0 } else { cell.value.mean - base.mean });
                cell.within_spread = cell.value.is_within_spread_of(&base);
            }
        }
    }
    table.baseline = Some(Baseline { text: text.to_owned(), row: baseline });
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
