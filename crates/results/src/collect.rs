use crate::{
    experiment::Experiment,
    flatten::flatten,
    format::read_value,
    matrix_cell::{MatrixCell, agrees, cell_of},
    measurement::Measurement,
    metrics::{base_name, numbers},
    origin::Origin,
};
use indexmap::{IndexMap, IndexSet};
use proto::{RunRecord, StageRecord};
use serde_json::Value;
use spec::MetricSpec;
use std::collections::BTreeMap;

/// One experiment for each matrix cell of the stages that `shown` measures, or one in all without a matrix.
pub(crate) fn experiments(record: &RunRecord, shown: &[MetricSpec]) -> Vec<Experiment> {
    measured_cells(record, shown).iter().map(|cell| experiment(record, cell)).collect()
}

fn experiment(record: &RunRecord, cell: &MatrixCell) -> Experiment {
    let belongs = |stage: &&StageRecord| cell_of(&stage.name).iter().all(|value| cell.contains(value));
    let (mut metrics, mut measured_by) = (BTreeMap::new(), BTreeMap::new());
    for stage in record.stages.iter().filter(belongs) {
        for (name, value) in numbers(stage) {
            match execution(stage) {
                Some(execution) => measured_by.insert(name.clone(), execution),
                None => measured_by.remove(&name),
            };
            metrics.insert(name, Measurement::single(value));
        }
    }
    Experiment {
        pipeline: record.pipeline.clone(),
        runs: vec![record.id.clone()],
        origins: vec![Origin { run: record.id.clone(), cell: cell.join(",") }],
        started: record.started.clone(),
        status: record.status,
        overrides: serde_json::json!(record.overrides).to_string(),
        as_filed: record.overrides.is_empty().then(|| record.started.clone()),
        stages: record.stages.iter().map(|stage| base_name(&stage.name).to_owned()).collect(),
        settings: settings(record, cell),
        metrics,
        measured_by,
    }
}

/// What tells the execution of a stage from all others, whichever runs took its result.
fn execution(stage: &StageRecord) -> Option<String> {
    Some(format!("{} {}", stage.key.as_ref()?, stage.made_by.as_ref()?))
}

/// `stage.param` for every stage that agrees with the cell. Where several cells of one stage do, because
/// the measured stage collects over them, their distinct values make a list.
fn settings(record: &RunRecord, cell: &MatrixCell) -> IndexMap<String, Value> {
    let mut values: IndexMap<String, IndexSet<Value>> = IndexMap::new();
    for stage in record.stages.iter().filter(|stage| agrees(&cell_of(&stage.name), cell)) {
        let base = base_name(&stage.name);
        values.entry(format!("{base}.kind")).or_default().insert(Value::from(stage.kind.clone()));
        for (name, param) in &stage.params {
            for (key, value) in flatten(&format!("{base}.{name}"), param) {
                values.entry(key).or_default().insert(value);
            }
        }
    }
    for (key, value) in of_matrix(record, cell) {
        values.entry(key).or_default().insert(value);
    }
    for (name, param) in &record.params {
        for (key, value) in flatten(&format!("params.{name}"), param) {
            values.entry(key).or_default().insert(value);
        }
    }
    values.into_iter().map(|(key, values)| (key, one_or_list(values))).collect()
}

/// `matrix.KEY` for the values of the cell: as its stages have them on record, or in older records as a command was
/// told them, or else as they are in the name, where `[16, 32]` is `16-32`.
fn of_matrix(record: &RunRecord, cell: &MatrixCell) -> Vec<(String, Value)> {
    let of_cell = || record.stages.iter().filter(|stage| cell_of(&stage.name) == *cell);
    if let Some(stage) = of_cell().find(|stage| !stage.matrix.is_empty()) {
        let values = stage.matrix.iter();
        return values.flat_map(|(key, value)| flatten(&format!("matrix.{key}"), value)).collect();
    }
    let pairs = cell.iter().filter_map(|pair| pair.split_once('='));
    let setting = |(key, in_name): (&str, &str)| {
        let name = format!("matrix.{key}");
        let told = of_cell().find_map(|stage| stage.params.get(&name).cloned());
        (name, told.unwrap_or_else(|| read_value(in_name)))
    };
    pairs.map(setting).collect()
}

fn one_or_list(values: IndexSet<Value>) -> Value {
    let mut values: Vec<Value> = values.into_iter().collect();
    if values.len() == 1 { values.remove(0) } else { Value::Array(values) }
}

/// The cells of the measured stages, without those that are part of a larger one.
fn measured_cells<'a>(record: &'a RunRecord, shown: &[MetricSpec]) -> Vec<MatrixCell<'a>> {
    let measured = |stage: &&StageRecord| {
        let base = base_name(&stage.name);
        shown.iter().any(|metric| metric.name.strip_prefix(base).is_some_and(|rest| rest.starts_with('.')))
    };
    let cells: IndexSet<MatrixCell> =
        record.stages.iter().filter(measured).map(|stage| cell_of(&stage.name)).collect();
    let is_part = |cell: &MatrixCell| cells.iter().any(|other| other != cell && contains(other, cell));
    let whole: Vec<MatrixCell> = cells.iter().filter(|cell| !is_part(cell)).cloned().collect();
    if whole.is_empty() { vec![Vec::new()] } else { whole }
}

fn contains(outer: &MatrixCell, inner: &MatrixCell) -> bool {
    inner.iter().all(|value| outer.contains(value))
}
