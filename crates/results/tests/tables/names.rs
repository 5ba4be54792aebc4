//! What columns may be called.

use crate::support::{below, digits, labels, metric, table_of};
use proto::RunRecord;
use results::{CompareOptions, compare};
use serde_json::{Value, json};

/// Four learning rates; the tuning has one of its own, the same in all. One metric's heading has a space.
fn runs() -> Vec<RunRecord> {
    let run = |(number, lr): (usize, f64)| {
        let mut run = digits(number, json!({ "lr": lr }), 0.9 + lr, 0.2);
        run.params.clear();
        run.stages[2].params.insert("lr".into(), json!(0.5));
        run.metrics.push(metric("train.val_accuracy", "test acc"));
        run
    };
    [0.01, 0.02, 0.03, 0.04].into_iter().enumerate().map(run).collect()
}

fn filter(text: &str) -> CompareOptions {
    CompareOptions { filters: vec![text.parse().unwrap()], ..CompareOptions::default() }
}

#[test]
fn conditions_take_headings() {
    for (text, expected) in [
        ("rank-1 > 92.5 %", vec![0.03, 0.04]),
        ("test acc >= 0.94", vec![0.04]),
        ("lr < 0.02", vec![0.01]),
        ("train.lr < 0.02", vec![0.01]),
        ("rank1 < 92 %", vec![0.01]),
    ] {
        let table = table_of(&runs(), CompareOptions { columns: vec!["lr".into()], ..filter(text) });
        assert_eq!(below(&table, "lr"), expected.iter().map(|lr| json!(lr)).collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn so_do_columns_drop_sort_and_baseline() {
    let with = |options: CompareOptions| table_of(&runs(), options);
    let drop = with(CompareOptions { drop: vec!["test acc".into(), "rank-1".into()], ..Default::default() });
    assert_eq!(labels(&drop), ["experiment", "lr", "loss"]);
    let columns =
        with(CompareOptions { columns: vec!["test acc".into(), "lr".into()], ..Default::default() });
    assert_eq!(labels(&columns), ["experiment", "test acc", "lr"]);
    let sorted = with(CompareOptions { sort: Some("test acc".into()), ..Default::default() });
    assert_eq!(below(&sorted, "lr")[0], 0.04, "a metric's best first");
    let baseline =
        with(CompareOptions { baseline: Some("lr = 0.03 and test acc > 0".into()), ..Default::default() });
    assert_eq!(baseline.baseline.unwrap().row, 2);
}

#[test]
fn what_nobody_knows_is_told_with_what_was_meant() {
    let wrong = |options: CompareOptions| {
        let error = compare(&runs(), &options).unwrap_err();
        (error.to_string(), error.hints())
    };
    let unknown = "no experiment has a column `test ac`".to_owned();
    for options in [
        filter("test ac > 1"),
        CompareOptions { drop: vec!["test ac".into()], ..Default::default() },
        CompareOptions { columns: vec!["test ac".into()], ..Default::default() },
        CompareOptions { sort: Some("test ac".into()), ..Default::default() },
        CompareOptions { fold: vec!["test ac".into()], ..Default::default() },
        CompareOptions { baseline: Some("test ac > 1".into()), ..Default::default() },
    ] {
        let (message, hints) = wrong(options);
        assert_eq!((&message, hints[0].as_str()), (&unknown, "did you mean `test acc`?"));
        assert_eq!(hints[1], "columns: experiment, lr, rank-1, loss, test acc");
    }
    let (message, hints) = wrong(CompareOptions { baseline: Some("digitz".into()), ..Default::default() });
    assert_eq!(message, "`--baseline digitz` matches 0 rows; it must match one");
    assert_eq!(hints, ["did you mean `digits`?"]);
    let (message, hints) = wrong(CompareOptions { baseline: Some("lr > 0.02".into()), ..Default::default() });
    assert_eq!(message, "`--baseline lr > 0.02` matches 2 rows; it must match one");
    assert_eq!(hints, ["they differ in lr: say which, such as 'lr = 0.03'"]);
}

#[test]
fn of_no_run_everything_may_be_asked() {
    let options = CompareOptions {
        columns: vec!["lr".into()],
        drop: vec!["seed".into()],
        sort: Some("acc".into()),
        baseline: Some("digits".into()),
        fold: vec!["fold".into()],
        ..filter("lr < 1")
    };
    assert!(table_of(&[], options).rows.is_empty());
}

#[test]
fn a_condition_that_no_row_could_meet_is_an_error() {
    let wrong = |text: &str| {
        let error = compare(&runs(), &filter(text)).unwrap_err();
        (error.to_string(), error.hints().join(" "))
    };
    let (message, hint) = wrong("lr < abc");
    assert_eq!(message, "filter `lr < abc`: `lr` is a number, and `abc` is none");
    assert!(hint.contains("0.05"), "{hint}");
    let (message, hint) = wrong("rank-1 > 95");
    assert_eq!(message, "filter `rank-1 > 95`: `rank-1` is a share shown in percent, and 95 is none");
    assert_eq!(hint, "write `95 %`, or a number from 0 to 1");
    let baseline = CompareOptions { baseline: Some("rank-1 > 95".into()), ..Default::default() };
    assert!(compare(&runs(), &baseline).is_err());
    for (text, rows) in [("rank-1 > 92.5%", 2), ("loss > 95", 0), ("pipeline = 'digits'", 4), ("lr < .02", 1)]
    {
        assert_eq!(table_of(&runs(), filter(text)).rows.len(), rows, "{text}");
    }
}

#[test]
fn none_is_what_is_not_known() {
    let mut runs = runs();
    runs[1].stages[1].params.insert("rare".into(), json!(7));
    runs[2].stages[2].metrics.as_mut().unwrap()["rank1"] = Value::Null;
    for (text, rows) in [
        ("rare = none", 3),
        ("rare != none", 1),
        ("rank-1 = none", 1),
        ("rank-1 != none", 3),
        ("lr = none", 0),
    ] {
        assert_eq!(table_of(&runs, filter(text)).rows.len(), rows, "{text}");
    }
}
