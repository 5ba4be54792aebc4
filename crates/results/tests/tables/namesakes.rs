//! What is called the same: a setting and a metric, a column asked for twice, a column and what each row has.

use crate::support::{below, labels, map, metric, record, stage, table_of};
use proto::RunRecord;
use results::{CompareOptions, Format, ResultsTable, render};
use serde_json::{Value, json};
use spec::Goal;

/// A training that may stop before the epochs that it was told, and says how many it took.
fn early(number: usize, told: u32, took: u32, label: Option<&str>) -> RunRecord {
    let mut run = record(number, "early", json!({ "epochs": told }));
    run.params = map(json!({ "epochs": told }));
    let measured = json!({ "acc": 0.9, "epochs": took, "spare": took });
    run.stages = vec![stage("train", "command", json!({ "epochs": told, "spare": 1 }), Some(measured))];
    run.metrics = vec![metric("train.acc", "acc"), metric("train.epochs", "")];
    run.metrics[1].goal = Goal::Min;
    run.metrics[1].label = label.map(str::to_owned);
    run
}

fn two(label: Option<&str>) -> [RunRecord; 2] {
    [early(1, 100, 37, label), early(2, 200, 41, label)]
}

fn parsed(table: &ResultsTable) -> Value {
    serde_json::from_str(&render(table, Format::Json).unwrap()).unwrap()
}

fn heading_of(table: &ResultsTable) -> String {
    render(table, Format::Csv).unwrap().lines().next().unwrap().to_owned()
}

fn columns(names: &[&str]) -> CompareOptions {
    CompareOptions { columns: names.iter().map(|name| (*name).to_owned()).collect(), ..Default::default() }
}

#[test]
fn a_metric_is_shown_though_a_setting_is_called_the_same() {
    let table = table_of(&two(Some("epochs used")), CompareOptions::default());
    assert_eq!(labels(&table), ["experiment", "epochs (set)", "acc", "epochs used"]);
    assert_eq!(below(&table, "epochs (set)"), [json!(100), json!(200)]);
    assert_eq!(below(&table, "epochs used"), [json!(37.0), json!(41.0)]);
    let json = parsed(&table);
    assert_eq!(json["rows"][0]["best"], json!(["train.epochs"]));
    assert_eq!(json["rows"][0]["train.epochs"], 37.0);
    assert_eq!(json["rows"][0]["train.epochs (set)"], 100);
    assert_eq!(heading_of(&table), "experiment,kind,runs,train.epochs (set),train.acc,train.epochs");
    let table = table_of(&two(None), CompareOptions::default());
    assert_eq!(labels(&table), ["experiment", "epochs (set)", "acc", "epochs"]);
}

#[test]
fn conditions_and_orders_mean_the_column_that_has_the_name() {
    for (text, expected) in [
        ("train.epochs < 40", vec![100]),
        ("epochs used > 40", vec![200]),
        ("epochs (set) > 150", vec![200]),
        ("train.epochs (set) < 150", vec![100]),
        ("params.epochs = 200", vec![200]),
    ] {
        let options = CompareOptions { filters: vec![text.parse().unwrap()], ..Default::default() };
        let table = table_of(&two(Some("epochs used")), options);
        let expected: Vec<Value> = expected.iter().map(|epochs| json!(epochs)).collect();
        assert_eq!(below(&table, "experiment").len(), expected.len(), "{text}");
        let shown = parsed(&table)["rows"][0]["train.epochs"].clone();
        assert_eq!(shown, if expected[0] == 100 { 37.0 } else { 41.0 }, "{text}");
    }
    let runs = [early(1, 100, 41, None), early(2, 200, 37, None)];
    for (sort, first) in [("train.epochs", 37.0), ("epochs", 37.0), ("epochs (set)", 41.0)] {
        let table = table_of(&runs, CompareOptions { sort: Some(sort.into()), ..Default::default() });
        assert_eq!(below(&table, "epochs")[0], first, "{sort}");
    }
    let folded = CompareOptions { fold: vec!["epochs (set)".into()], ..Default::default() };
    assert_eq!(table_of(&two(None), folded).rows.len(), 1);
    // What is no column is a setting first.
    let table = table_of(&two(None), columns(&["train.spare"]));
    assert_eq!(below(&table, "spare"), [json!(1), json!(1)]);
}

#[test]
fn columns_that_are_asked_for_take_no_name_of_a_rows_own() {
    let mut run = early(1, 100, 37, None);
    run.params.insert("kind".into(), json!("mine"));
    run.stages.push(stage("best", "command", json!({}), Some(json!(3))));
    run.metrics.push(metric("best", ""));
    let options = columns(&["params.kind", "acc", "train.acc", "best", "acc", "run", "run"]);
    let table = table_of(std::slice::from_ref(&run), options);
    assert_eq!(
        heading_of(&table),
        "experiment,kind,runs,params.kind,train.acc,best (metric),run",
        "once each, by full names"
    );
    let row = &parsed(&table)["rows"][0];
    assert_eq!((&row["kind"], &row["params.kind"]), (&json!("experiment"), &json!("mine")));
    assert_eq!((&row["best"], &row["best (metric)"]), (&json!([]), &json!(3.0)));
    let none = CompareOptions { filters: vec!["acc = none".parse().unwrap()], ..columns(&["acc"]) };
    assert_eq!(
        heading_of(&table_of(std::slice::from_ref(&run), none)),
        "experiment,kind,runs,train.acc",
        "of no row too"
    );
    let ambiguous = results::compare(&[run], &columns(&["spare"])).unwrap_err();
    assert_eq!(ambiguous.to_string(), "`spare` could be train.spare (set) or train.spare");
}
