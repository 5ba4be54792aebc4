//! Which runs are one experiment.

use crate::support::{below, counts, digits, labels, table_of};
use proto::RunRecord;
use results::CompareOptions;
use serde_json::json;

/// The file as it is (lr = 0.1, seed = 42), and then a sweep that has its values among others.
fn filed_and_swept() -> Vec<RunRecord> {
    let mut runs = vec![digits(1, json!({}), 0.90, 0.3)];
    for (number, (lr, seed)) in [(0.1, 42), (0.1, 43), (0.05, 42), (0.05, 43)].into_iter().enumerate() {
        let set = json!({ "lr": lr, "seed": seed });
        runs.push(digits(number + 2, set, 0.95 + number as f64 / 100.0, 0.2));
    }
    runs
}

fn folded(baseline: Option<&str>) -> CompareOptions {
    CompareOptions {
        fold: vec!["seed".into()],
        baseline: baseline.map(str::to_owned),
        ..CompareOptions::default()
    }
}

#[test]
fn settings_make_an_experiment_whether_the_file_or_set_gave_them() {
    let table = table_of(&filed_and_swept(), CompareOptions::default());
    assert_eq!(labels(&table), ["experiment", "lr", "seed", "rank-1", "loss"]);
    assert_eq!(below(&table, "lr"), [0.05, 0.05, 0.1, 0.1].map(|lr| json!(lr)));
    assert_eq!(below(&table, "rank-1")[2], 0.95, "the newest run counts");

    let table = table_of(&filed_and_swept(), folded(Some("lr = 0.1")));
    assert_eq!(below(&table, "lr"), [json!(0.05), json!(0.1)]);
    assert_eq!(counts(&table, "rank-1"), [2, 2]);
    assert_eq!(table.baseline.unwrap().row, 1);

    let all = CompareOptions { all_runs: true, ..CompareOptions::default() };
    assert_eq!(table_of(&filed_and_swept(), all).rows.len(), 5);
}

#[test]
fn a_pipeline_as_baseline_is_what_its_file_says() {
    for options in
        [CompareOptions { baseline: Some("digits".into()), ..Default::default() }, folded(Some("digits"))]
    {
        let table = table_of(&filed_and_swept(), options);
        let row = table.baseline.as_ref().unwrap().row;
        assert_eq!(below(&table, "lr")[row], 0.1);
        assert!(
            labels(&table).contains(&"lr") && table.rows[row].runs.contains(&"20260101-000002-ab".into())
        );
    }
    let mut edited = digits(9, json!({}), 0.99, 0.1);
    edited.params.insert("lr".into(), json!(0.7));
    edited.stages[1].params.insert("lr".into(), json!(0.7));
    let mut runs = filed_and_swept();
    runs.push(edited);
    let table = table_of(&runs, folded(Some("digits")));
    assert_eq!(below(&table, "lr")[table.baseline.as_ref().unwrap().row], 0.7, "as it was run last");
}

#[test]
fn an_edited_files_run_takes_the_place_of_the_one_before() {
    let mut edited = digits(2, json!({}), 0.97, 0.2);
    edited.params.insert("epochs".into(), json!(24));
    edited.stages[1].params.insert("epochs".into(), json!(24));
    let runs = [digits(1, json!({}), 0.95, 0.3), edited.clone()];
    assert_eq!(below(&table_of(&runs, CompareOptions::default()), "rank-1"), [json!(0.97)]);
    let all_runs = CompareOptions { all_runs: true, ..Default::default() };
    assert_eq!(below(&table_of(&runs, all_runs), "epochs"), [json!(12), json!(24)]);

    // With a field less than before, too.
    edited.stages[1].params.remove("epochs");
    let runs = [digits(1, json!({}), 0.95, 0.3), edited];
    assert_eq!(below(&table_of(&runs, CompareOptions::default()), "rank-1"), [json!(0.97)]);
}

#[test]
fn a_run_of_some_stages_is_no_experiment_of_its_own() {
    let whole = |number| {
        let mut run = digits(number, json!({}), 0.95, 0.3);
        run.metrics.push(crate::support::metric("train.val_accuracy", "val"));
        run
    };
    let mut part = whole(2);
    part.stages.retain(|stage| stage.name != "rank");
    let mut nothing = whole(3);
    nothing.params.insert("lr".into(), json!(0.2));
    nothing.stages.retain(|stage| stage.name == "dataset");
    let table = table_of(&[whole(1), part.clone(), nothing.clone()], CompareOptions::default());
    assert_eq!(below(&table, "rank-1"), [0.95]);
    assert_eq!(
        table_of(&[part, nothing], CompareOptions::default()).rows.len(),
        1,
        "what there is, is shown"
    );
}

#[test]
fn a_run_that_came_to_nothing_keeps_its_row() {
    let mut diverged = digits(2, json!({"lr": 10}), 0.1, 0.1);
    diverged.stages.iter_mut().for_each(|stage| stage.metrics = Some(json!({"rank1": null, "loss": null})));
    let table = table_of(&[digits(1, json!({}), 0.95, 0.3), diverged], CompareOptions::default());
    assert_eq!(below(&table, "lr"), [json!(0.1), json!(10)]);
    assert_eq!(below(&table, "rank-1"), [json!(0.95), json!(null)]);
}

#[test]
fn runs_that_are_named_are_shown_though_they_are_alike() {
    let runs =
        [digits(1, json!({}), 0.95, 0.3), digits(2, json!({}), 0.96, 0.3), digits(3, json!({}), 0.97, 0.3)];
    let selectors = vec!["20260101-000001".into(), "20260101-000002".into()];
    let table = table_of(&runs, CompareOptions { selectors, ..CompareOptions::default() });
    assert_eq!(labels(&table), ["experiment", "run", "rank-1", "loss"], "told apart by their ids");
    assert_eq!(below(&table, "rank-1"), [json!(0.95), json!(0.96)]);
}

#[test]
fn a_measurement_counts_once_however_many_runs_took_it_from_the_cache() {
    let made_by = |number, seed, rank1, maker: &str| {
        let mut run = digits(number, json!({ "seed": seed }), rank1, 0.3);
        for stage in &mut run.stages {
            stage.key = Some(format!("{}-of-{seed}", stage.name));
            stage.made_by = Some(maker.into());
        }
        run
    };
    let all = CompareOptions { all_runs: true, ..folded(None) };
    let copies = [made_by(1, 1, 0.9, "1"), made_by(2, 2, 0.92, "2"), made_by(3, 1, 0.9, "1")];
    let table = table_of(&copies, all.clone());
    assert_eq!((below(&table, "rank-1"), counts(&table, "rank-1")), (vec![json!(0.91)], vec![2]));
    assert_eq!(table.rows[0].runs.len(), 3, "all of them are behind the row");
    let again = [made_by(1, 1, 0.9, "1"), made_by(2, 1, 0.92, "2")];
    assert_eq!(counts(&table_of(&again, all), "rank-1"), [2], "what was executed twice was measured twice");
}
