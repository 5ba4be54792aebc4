use crate::{
    experiment::{Experiment, Lookup},
    measurement::Measurement,
    table::{Cell, Column, ColumnRole, MetricCell, Row, RowKind},
};
use proto::RunRecord;
use serde_json::Value;
use spec::Reference;
use std::collections::HashSet;

/// The row of an experiment, nothing marked yet.
pub(crate) fn of_experiment(experiment: &Experiment, columns: &[Column]) -> Row {
    let cells = columns.iter().map(|column| match column.find(experiment) {
        Lookup::Setting(value) => Cell::Setting(value),
        Lookup::Metric(value) => metric(value),
        Lookup::Missing | Lookup::Ambiguous(_) => Cell::Empty,
    });
    Row {
        kind: RowKind::Experiment,
        runs: experiment.runs.clone(),
        origins: experiment.origins.clone(),
        cells: cells.collect(),
    }
}

/// A row for each published result that the runs' files name, as the newest run of each pipeline has it. Results of
/// the same name that say something else carry their pipeline's.
pub(crate) fn of_references(newest_first: &[&RunRecord], columns: &[Column]) -> Vec<Row> {
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    let mut references: Vec<(&str, &Reference)> = Vec::new();
    for (pipeline, reference) in newest_first.iter().flat_map(|run| named_by(run)) {
        let is_newest = seen.insert((pipeline, &reference.name));
        if is_newest && references.iter().all(|(_, known)| *known != reference) {
            references.push((pipeline, reference));
        }
    }
    references.sort_by(|(a, one), (b, other)| (&one.name, a).cmp(&(&other.name, b)));
    let name = |pipeline: &str, reference: &Reference| {
        let namesakes = references.iter().filter(|(_, known)| known.name == reference.name);
        match namesakes.count() {
            0 | 1 => reference.name.clone(),
            _ => format!("{} ({pipeline})", reference.name),
        }
    };
    references.iter().map(|(pipeline, known)| of_reference(name(pipeline, known), known, columns)).collect()
}

fn named_by(run: &RunRecord) -> impl Iterator<Item = (&str, &Reference)> {
    run.references.iter().map(|reference| (run.pipeline.as_str(), reference))
}

fn of_reference(name: String, reference: &Reference, columns: &[Column]) -> Row {
    let cells = columns.iter().map(|column| match column.role {
        ColumnRole::Experiment => Cell::Setting(Value::from(name.clone())),
        ColumnRole::Fact | ColumnRole::Setting => Cell::Empty,
        ColumnRole::Metric { .. } => reference
            .metrics
            .iter()
            .find(|(name, _)| column.holds(name))
            .map_or(Cell::Empty, |(_, value)| metric(Measurement::single(*value))),
    });
    Row { kind: RowKind::Reference, runs: Vec::new(), origins: Vec::new(), cells: cells.collect() }
}

fn metric(value: Measurement) -> Cell {
    Cell::Metric(MetricCell { value, best: false, difference: None, within_spread: false })
}
