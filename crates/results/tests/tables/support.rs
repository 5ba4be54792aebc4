//! Run records as a runner would leave them, in one line each.

use proto::{Provenance, RunRecord, RunStatus, StageRecord, StageResult};
use results::{Cell, CompareOptions, ResultsTable, compare};
use serde_json::{Value, json};
use spec::{Goal, MetricSpec, Reference};
use std::collections::BTreeMap;

/// A digits run: dataset, training and evaluation, the two ranks declared as metrics.
pub fn digits(number: usize, overrides: Value, rank1: f64, loss: f64) -> RunRecord {
    let mut params = json!({"lr": 0.1, "seed": 42, "epochs": 12});
    for (name, value) in overrides.as_object().unwrap() {
        params[name] = value.clone();
    }
    let train = json!({
        "lr": params["lr"], "seed": params["seed"], "epochs": params["epochs"],
        "model": {"stages": [2, 2, 2], "filters": [16, 16, 32, 64], "l2": 1e-4},
    });
    let mut record = record(number, "digits", overrides);
    record.params = map(params);
    record.stages = vec![
        stage("dataset", "dataset", json!({"format": "idx", "seed": 42}), None),
        stage("train", "decay-train", train, Some(json!({"val_loss": loss * 1.1, "val_accuracy": rank1}))),
        stage("rank", "evaluate", json!({"batch_size": 256}), Some(json!({"rank1": rank1, "loss": loss}))),
    ];
    record.metrics = vec![
        MetricSpec {
            name: "rank.rank1".into(),
            goal: Goal::Max,
            label: Some("rank-1".into()),
            percent: true,
        },
        MetricSpec { name: "rank.loss".into(), goal: Goal::Min, label: None, percent: false },
    ];
    record
}

/// A succeeded run without stages, begun `number` minutes into the year.
pub fn record(number: usize, pipeline: &str, overrides: Value) -> RunRecord {
    let (hours, minutes) = (number / 60, number % 60);
    RunRecord {
        format: 1,
        id: format!("20260101-{number:06}-ab"),
        variant: None,
        pipeline: pipeline.into(),
        file: format!("pipelines/{pipeline}.toml"),
        description: None,
        overrides: map(overrides),
        params: BTreeMap::new(),
        started: format!("2026-01-01T{hours:02}:{minutes:02}:00Z"),
        finished: Some(format!("2026-01-01T{hours:02}:{minutes:02}:30Z")),
        status: RunStatus::Succeeded,
        provenance: Provenance::default(),
        graph: Vec::new(),
        stages: Vec::new(),
        metrics: Vec::new(),
        references: Vec::new(),
    }
}

pub fn stage(name: &str, kind: &str, params: Value, metrics: Option<Value>) -> StageRecord {
    StageRecord {
        name: name.into(),
        kind: kind.into(),
        outcome: StageResult::Executed,
        seconds: 1.0,
        executed_seconds: 1.0,
        made_by: None,
        key: None,
        matrix: BTreeMap::new(),
        params: map(params),
        metrics,
        outputs: BTreeMap::new(),
        reasons: Vec::new(),
        error: None,
        provenance: BTreeMap::new(),
    }
}

pub fn published(name: &str, rank1: f64) -> Reference {
    Reference { name: name.into(), metrics: [("rank.rank1".to_owned(), rank1)].into() }
}

pub fn map(value: Value) -> BTreeMap<String, Value> {
    value.as_object().unwrap().clone().into_iter().collect()
}

/// A metric with a label, shown as it is.
pub fn metric(name: &str, label: &str) -> MetricSpec {
    MetricSpec { name: name.into(), goal: Goal::Max, label: Some(label.into()), percent: false }
}

/// The table of `runs` as `options` ask for it.
#[track_caller]
pub fn table_of(runs: &[RunRecord], options: CompareOptions) -> ResultsTable {
    compare(runs, &options).unwrap()
}

/// The headings of a table.
pub fn labels(table: &ResultsTable) -> Vec<&str> {
    table.columns.iter().map(|column| column.label.as_str()).collect()
}

/// What stands below a heading, metrics as their means.
#[track_caller]
pub fn below(table: &ResultsTable, label: &str) -> Vec<Value> {
    let at = labels(table).iter().position(|known| *known == label).expect(label);
    let plain = |cell: &Cell| match cell {
        Cell::Empty => Value::Null,
        Cell::Setting(value) => value.clone(),
        Cell::Metric(metric) => json!(metric.value.mean),
    };
    table.rows.iter().map(|row| plain(&row.cells[at])).collect()
}

/// How many values are behind each of a metric's cells.
pub fn counts(table: &ResultsTable, label: &str) -> Vec<usize> {
    let at = labels(table).iter().position(|known| *known == label).expect(label);
    let count = |cell: &Cell| if let Cell::Metric(metric) = cell { metric.value.count } else { 0 };
    table.rows.iter().map(|row| count(&row.cells[at])).collect()
}
