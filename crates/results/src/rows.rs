use crate::{
    experiment::{Experiment, Lookup, Measurement},
    table::{Cell, Column, ColumnRole, MetricCell, Row, RowKind},
};
use proto::RunRecord;
use serde_json::Value;
use spec::Reference;

/// The row of an experiment, nothing marked yet.
pub(crate) fn of_experiment(experiment: &Experiment, columns: &[Column]) -> Row {
    let cells = columns.iter().map(|column| match experiment.lookup(&column.name) {
        Lookup::Setting(value) => Cell::Setting(value),
        // Where a stage measures what another one is told, such as its epochs, that is no setting.
        Lookup::Metric(value) if matches!(column.role, ColumnRole::Metric { .. }) => metric(value),
        Lookup::Metric(_) | Lookup::Missing | Lookup::Ambiguous(_) => Cell::Empty,
    });
    Row {
        kind: RowKind::Experiment,
        runs: experiment.runs.clone(),
        origins: experiment.origins.clone(),
        cells: cells.collect(),
    }
}

/// A row for each published result that the runs' files name, each once.
pub(crate) fn of_references<'a>(
    records: impl Iterator<Item = &'a RunRecord>,
    columns: &[Column],
) -> Vec<Row> {
    let mut references: Vec<&Reference> = Vec::new();
    for reference in records.flat_map(|record| &record.references) {
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    references.sort_by(|a, b| a.name.cmp(&b.name));
    references.into_iter().map(|reference| of_reference(reference, columns)).collect()
}

fn of_reference(reference: &Reference, columns: &[Column]) -> Row {
    let cells = columns.iter().map(|column| match column.role {
        ColumnRole::Experiment => Cell::Setting(Value::from(reference.name.clone())),
        ColumnRole::Fact | ColumnRole::Setting => Cell::Empty,
        ColumnRole::Metric { .. } => reference
            .metrics
            .get(&column.name)
            .map_or(Cell::Empty, |value| metric(Measurement::single(*value))),
    });
    Row { kind: RowKind::Reference, runs: Vec::new(), origins: Vec::new(), cells: cells.collect() }
}

fn metric(value: Measurement) -> Cell {
    Cell::Metric(MetricCell { value, best: false, difference: None, within_spread: false })
}
