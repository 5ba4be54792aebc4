//! Which runs make rows, what makes columns, what is marked.

use crate::support::{digits, published, record, stage};
use proto::{RunRecord, RunStatus};
use results::{Cell, CompareOptions, Format, MetricCell, ResultsTable, RowKind, compare, render};
use serde_json::{Value, json};
use spec::{Goal, MetricSpec};

fn columns(table: &ResultsTable) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

fn labels(table: &ResultsTable) -> Vec<&str> {
    table.columns.iter().map(|column| column.label.as_str()).collect()
}

/// The values of a column, metrics as numbers.
fn values(table: &ResultsTable, column: &str) -> Vec<Value> {
    let at = columns(table).iter().position(|name| *name == column).expect(column);
    let plain = |cell: &Cell| match cell {
        Cell::Empty => Value::Null,
        Cell::Setting(value) => value.clone(),
        Cell::Metric(metric) => json!(metric.value.mean),
    };
    table.rows.iter().map(|row| plain(&row.cells[at])).collect()
}

fn metrics(table: &ResultsTable, column: &str) -> Vec<Option<MetricCell>> {
    let at = columns(table).iter().position(|name| *name == column).expect(column);
    let metric = |cell: &Cell| if let Cell::Metric(metric) = cell { Some(*metric) } else { None };
    table.rows.iter().map(|row| metric(&row.cells[at])).collect()
}

fn sixty_runs() -> Vec<RunRecord> {
    let lr = |number: usize| [0.1, 0.05, 0.01, 0.005][number % 4];
    let run = |number| {
        let spread = (number * 7 % 10) as f64 / 1000.0;
        digits(
            number,
            json!({"lr": lr(number), "seed": number / 4}),
            0.95 + lr(number) / 10.0 + spread,
            0.2 - spread,
        )
    };
    (0..60).map(run).collect()
}

#[test]
fn the_newest_finished_run_of_each_experiment_makes_a_row() {
    let mut failed = digits(4, json!({}), 0.99, 0.1);
    failed.status = RunStatus::Failed;
    let runs = [
        digits(1, json!({}), 0.95, 0.3),
        digits(2, json!({"lr": 0.05}), 0.96, 0.2),
        digits(3, json!({}), 0.97, 0.25),
        failed,
    ];
    let table = compare(&runs, &CompareOptions::default()).unwrap();
    assert_eq!(columns(&table), ["experiment", "train.lr", "rank.rank1", "rank.loss"]);
    assert_eq!(labels(&table), ["experiment", "lr", "rank-1", "loss"]);
    assert_eq!(values(&table, "train.lr"), [json!(0.05), json!(0.1)]);
    assert_eq!(values(&table, "rank.rank1"), [json!(0.96), json!(0.97)]);

    let all = CompareOptions { all_runs: true, ..CompareOptions::default() };
    let table = compare(&runs, &all).unwrap();
    assert_eq!(values(&table, "rank.rank1"), [json!(0.96), json!(0.95), json!(0.97)]);
    assert_eq!(columns(&table)[1], "run");
}

#[test]
fn a_later_run_of_a_part_does_not_hide_the_metrics() {
    let mut part = digits(2, json!({}), 0.0, 0.0);
    part.stages.iter_mut().for_each(|stage| stage.metrics = None);
    let table = compare(&[digits(1, json!({}), 0.95, 0.3), part], &CompareOptions::default()).unwrap();
    assert_eq!(values(&table, "rank.rank1"), [json!(0.95)]);
}

#[test]
fn the_best_is_marked_by_its_goal_and_ties_share_it() {
    let runs = [
        digits(1, json!({"seed": 1}), 0.95, 0.3),
        digits(2, json!({"seed": 2}), 0.97, 0.2),
        digits(3, json!({"seed": 3}), 0.97, 0.25),
    ];
    let table = compare(&runs, &CompareOptions::default()).unwrap();
    let best = |column| -> Vec<bool> {
        metrics(&table, column).into_iter().map(|cell| cell.unwrap().best).collect()
    };
    assert_eq!(best("rank.rank1"), [false, true, true]);
    assert_eq!(best("rank.loss"), [false, true, false]);
    let alone = compare(&runs[..1], &CompareOptions::default()).unwrap();
    assert!(!metrics(&alone, "rank.rank1")[0].unwrap().best, "a single row has nothing to be best of");
}

#[test]
fn references_are_rows_of_their_own_and_never_best() {
    let mut runs = [digits(1, json!({"seed": 1}), 0.95, 0.3), digits(2, json!({"seed": 2}), 0.96, 0.2)];
    runs.iter_mut().for_each(|run| run.references = vec![published("published", 0.99)]);
    let table = compare(&runs, &CompareOptions::default()).unwrap();
    assert_eq!(table.rows.len(), 3);
    assert_eq!(table.rows[2].kind, RowKind::Reference);
    assert_eq!(values(&table, "experiment")[2], "published");
    assert!(!metrics(&table, "rank.rank1")[2].unwrap().best);
    assert_eq!(metrics(&table, "rank.loss")[2], None);
}

#[test]
fn seeds_fold_into_mean_and_deviation() {
    let options = CompareOptions { fold: vec!["seed".into()], ..CompareOptions::default() };
    let table = compare(&sixty_runs(), &options).unwrap();
    assert_eq!(values(&table, "train.lr"), [json!(0.005), json!(0.01), json!(0.05), json!(0.1)]);
    let folded = metrics(&table, "rank.rank1")[3].unwrap();
    assert_eq!(folded.value.count, 15);
    let spreads: Vec<f64> = (0..15).map(|seed| (seed * 4 * 7 % 10) as f64 / 1000.0).collect();
    let mean = 0.96 + spreads.iter().sum::<f64>() / 15.0;
    assert!((folded.value.mean - mean).abs() < 1e-12);
    assert!(folded.value.deviation.unwrap() > 0.001);
    assert!(folded.best);
    assert_eq!(table.rows[3].runs.len(), 15);
}

#[test]
fn what_is_within_the_spread_of_the_best_is_marked() {
    let runs = [
        digits(1, json!({"lr": 0.1, "seed": 1}), 0.960, 0.2),
        digits(2, json!({"lr": 0.1, "seed": 2}), 0.970, 0.2),
        digits(3, json!({"lr": 0.2, "seed": 1}), 0.962, 0.2),
        digits(4, json!({"lr": 0.2, "seed": 2}), 0.966, 0.2),
        digits(5, json!({"lr": 0.3, "seed": 1}), 0.90, 0.2),
        digits(6, json!({"lr": 0.3, "seed": 2}), 0.91, 0.2),
    ];
    let options = CompareOptions { fold: vec!["seed".into()], ..CompareOptions::default() };
    let table = compare(&runs, &options).unwrap();
    let marks: Vec<_> = metrics(&table, "rank.rank1").into_iter().map(|cell| cell.unwrap()).collect();
    assert_eq!(marks.iter().map(|cell| cell.best).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(marks.iter().map(|cell| cell.within_spread).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn a_matrix_makes_a_row_for_each_cell() {
    let mut run = record(1, "grid", json!({}));
    for (lr, seed, rank1) in [(0.1, 1, 0.90), (0.1, 2, 0.92), (0.05, 1, 0.94), (0.05, 2, 0.96)] {
        let cell = format!("lr={lr},seed={seed}");
        run.stages.push(stage(&format!("train@{cell}"), "train", json!({"lr": lr, "seed": seed}), None));
        run.stages.push(stage(
            &format!("rank@{cell}"),
            "evaluate",
            json!({"batch_size": 256}),
            Some(json!({"rank1": rank1, "rank5": 0.99, "per_class": {"0": 1.0}})),
        ));
    }
    let table = compare(std::slice::from_ref(&run), &CompareOptions::default()).unwrap();
    assert_eq!(columns(&table), ["experiment", "train.lr", "train.seed", "rank.rank1", "rank.rank5"]);
    assert_eq!(values(&table, "rank.rank1"), [json!(0.94), json!(0.96), json!(0.90), json!(0.92)]);

    let options = CompareOptions { fold: vec!["seed".into()], ..CompareOptions::default() };
    let folded = compare(&[run], &options).unwrap();
    assert_eq!(columns(&folded), ["experiment", "train.lr", "rank.rank1", "rank.rank5"]);
    let means: Vec<f64> =
        metrics(&folded, "rank.rank1").iter().map(|cell| cell.unwrap().value.mean).collect();
    assert!((means[0] - 0.95).abs() < 1e-12 && (means[1] - 0.91).abs() < 1e-12, "{means:?}");
}

#[test]
fn a_stage_that_collects_a_matrix_makes_one_row() {
    let mut run = record(1, "grid", json!({}));
    run.stages = vec![
        stage("train@lr=0.1", "train", json!({"lr": 0.1}), Some(json!({"val_loss": 1.0}))),
        stage("train@lr=0.2", "train", json!({"lr": 0.2}), Some(json!({"val_loss": 2.0}))),
        stage("summary", "command", json!({}), Some(json!({"mean": 1.5}))),
    ];
    run.metrics =
        vec![MetricSpec { name: "summary.mean".into(), goal: Goal::Min, label: None, percent: false }];
    let options = CompareOptions { columns: vec!["lr".into(), "mean".into()], ..CompareOptions::default() };
    let table = compare(&[run], &options).unwrap();
    assert_eq!(values(&table, "summary.mean"), [json!(1.5)]);
    assert_eq!(values(&table, "train.lr"), [json!([0.1, 0.2])]);
}

#[test]
fn a_stage_that_one_pipeline_lacks_makes_no_column() {
    let mut other = record(2, "commands", json!({}));
    other.stages = vec![stage("rank", "command", json!({"n": 1}), Some(json!({"rank1": 0.5})))];
    let table = compare(&[digits(1, json!({}), 0.9, 0.1), other], &CompareOptions::default()).unwrap();
    assert!(!columns(&table).iter().any(|name| name.starts_with("train.")), "{:?}", columns(&table));
    assert!(columns(&table).contains(&"rank.kind"));
}

#[test]
fn an_override_that_no_stage_shows_has_a_column() {
    let mut runs = [digits(1, json!({"data": "a"}), 0.9, 0.1), digits(2, json!({"data": "b"}), 0.9, 0.1)];
    runs[0].params.insert("unused".into(), json!(1));
    let table = compare(&runs, &CompareOptions::default()).unwrap();
    assert_eq!(columns(&table)[1], "params.data");
    assert_eq!(values(&table, "params.data"), [json!("a"), json!("b")]);
}

#[test]
fn selectors_name_pipelines_files_runs_and_patterns() {
    let mut other = digits(2, json!({}), 0.5, 0.5);
    other.pipeline = "fashion".into();
    other.file = "pipelines/fashion.toml".into();
    let runs = [digits(1, json!({}), 0.9, 0.1), other, digits(3, json!({}), 0.8, 0.1)];
    let count = |selector: &str| {
        let options = CompareOptions { selectors: vec![selector.into()], ..CompareOptions::default() };
        compare(&runs, &options).map(|table| table.rows.len())
    };
    for (selector, expected) in
        [("digits", 1), ("f*", 1), ("*", 2), ("pipelines/digits.toml", 1), ("20260101-000001", 1)]
    {
        assert_eq!(count(selector).unwrap(), expected, "{selector}");
    }
    assert_eq!(count("nothing").unwrap_err().to_string(), "no finished run matches `nothing`");
}

#[test]
fn columns_can_be_chosen_dropped_and_sorted_by() {
    let runs = sixty_runs();
    let with = |options: CompareOptions| compare(&runs, &options).unwrap();
    let chosen = with(CompareOptions {
        columns: vec!["loss".into(), "started".into(), "seed".into()],
        filters: vec!["lr >= 0.05".parse().unwrap(), "seed < 2".parse().unwrap()],
        sort: Some("-seed".into()),
        ..CompareOptions::default()
    });
    assert_eq!(columns(&chosen), ["experiment", "rank.loss", "started", "train.seed"]);
    assert_eq!(values(&chosen, "train.seed"), [json!(1), json!(1), json!(0), json!(0)]);

    let dropped = with(CompareOptions {
        drop: vec!["loss".into(), "seed".into()],
        sort: Some("rank1".into()),
        ..Default::default()
    });
    assert_eq!(columns(&dropped), ["experiment", "train.lr", "rank.rank1"]);
    let ranks: Vec<f64> = values(&dropped, "rank.rank1").iter().filter_map(Value::as_f64).collect();
    assert!(ranks.windows(2).all(|pair| pair[0] >= pair[1]), "best first: {ranks:?}");

    let error =
        compare(&runs, &CompareOptions { sort: Some("lrr".into()), ..Default::default() }).unwrap_err();
    assert_eq!(error.to_string(), "no experiment has a column `lrr`");
    let hints = error.hints();
    assert_eq!(hints[..2], ["did you mean `lr`?", "columns: experiment, lr, seed, rank-1, loss"]);
    assert!(hints[2].contains("train.epochs") && hints[2].contains("started"), "{hints:?}");
}

#[test]
fn filters_on_metrics_apply_to_the_mean() {
    let runs = [digits(1, json!({"seed": 1}), 0.90, 0.2), digits(2, json!({"seed": 2}), 0.98, 0.2)];
    let options = CompareOptions {
        fold: vec!["seed".into()],
        filters: vec!["rank1 > 0.95".parse().unwrap()],
        ..CompareOptions::default()
    };
    assert!(compare(&runs, &options).unwrap().rows.is_empty(), "the mean is 0.94");
}

#[test]
fn differences_refer_to_the_baseline() {
    let mut runs = [digits(1, json!({"lr": 0.1}), 0.95, 0.3), digits(2, json!({"lr": 0.05}), 0.97, 0.2)];
    runs[0].references = vec![published("published", 0.96)];
    for baseline in ["lr = 0.1", "lr = 0.1 and experiment = digits", "20260101-000001", "published"] {
        let options = CompareOptions { baseline: Some(baseline.into()), ..CompareOptions::default() };
        let table = compare(&runs, &options).unwrap();
        let difference = metrics(&table, "rank.rank1")[0].unwrap().difference.unwrap();
        let expected = if baseline == "published" { 0.01 } else { 0.02 };
        assert!((difference - expected).abs() < 1e-12, "{baseline}: {difference}");
    }
    let options = CompareOptions { baseline: Some("digits".into()), ..CompareOptions::default() };
    let error = compare(&runs, &options).unwrap_err();
    assert_eq!(error.to_string(), "`--baseline digits` matches 2 rows; it must match one");
}

#[test]
fn the_order_of_records_does_not_matter() {
    let mut runs = sixty_runs();
    let csv = |runs: &[RunRecord]| {
        let table = compare(runs, &CompareOptions::default()).unwrap();
        render(&table, Format::Csv).unwrap()
    };
    let expected = csv(&runs);
    runs.reverse();
    assert_eq!(csv(&runs), expected);
    runs.rotate_left(17);
    assert_eq!(csv(&runs), expected);
}

#[test]
fn a_metric_of_the_same_name_is_no_setting() {
    let by_epochs = digits(1, json!({}), 0.9, 0.1);
    let mut by_phases = digits(2, json!({"phases": 3}), 0.9, 0.1);
    by_phases.stages[1].params.remove("epochs");
    by_phases.stages[1].metrics = Some(json!({"epochs": 12}));
    let table = compare(&[by_epochs, by_phases], &CompareOptions::default()).unwrap();
    let epochs = table.columns.iter().position(|column| column.name == "train.epochs").unwrap();
    let cells: Vec<&Cell> = table.rows.iter().map(|row| &row.cells[epochs]).collect();
    assert!(cells.contains(&&Cell::Empty) && cells.contains(&&Cell::Setting(json!(12))), "{cells:?}");
}
