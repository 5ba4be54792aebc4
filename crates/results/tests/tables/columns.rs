//! What makes a column where pipelines of several kinds meet, and what is published beside them.

use crate::support::{below, digits, labels, map, metric, published, record, stage, table_of};
use proto::RunRecord;
use results::CompareOptions;
use serde_json::{Value, json};

/// A run of a pipeline that scores in one command, with these parameters by `--set` and of the stage.
fn scored(number: usize, pipeline: &str, params: Value, stage_params: Value) -> RunRecord {
    let mut run = record(number, pipeline, params.clone());
    run.params = map(params);
    run.stages = vec![stage("score", "command", stage_params, Some(json!({ "acc": number })))];
    run.metrics = vec![metric("score.acc", "acc")];
    run
}

#[test]
fn a_parameter_and_its_field_share_a_column_though_not_every_pipeline_has_both() {
    let mut other = record(4, "c", json!({ "lr": 0.7 }));
    other.params = map(json!({ "lr": 0.7 }));
    other.stages = vec![stage("rate", "command", json!({}), Some(json!({ "acc": 1 })))];
    let mut same = other.clone();
    (same.id, same.params) = ("20260101-000005-ab".into(), map(json!({ "lr": 0.8 })));
    same.overrides = same.params.clone();
    let runs = [
        scored(1, "a", json!({ "lr": 0.1 }), json!({ "lr": 0.1 })),
        scored(2, "a", json!({ "lr": 0.05 }), json!({ "lr": 0.05 })),
        scored(3, "b", json!({}), json!({ "lr": 0.2 })),
        other,
        same,
    ];
    let table = table_of(&runs, CompareOptions { drop: vec!["acc".into()], ..Default::default() });
    assert_eq!(labels(&table), ["experiment", "lr"]);
    assert_eq!(below(&table, "lr"), [0.05, 0.1, 0.2, 0.7, 0.8].map(|lr| json!(lr)));
    let cheap = CompareOptions { filters: vec!["lr > 0.1".parse().unwrap()], ..Default::default() };
    assert_eq!(table_of(&runs, cheap).rows.len(), 3, "conditions see what the column shows");
}

#[test]
fn settings_that_agree_by_chance_keep_their_columns() {
    let runs = [
        scored(1, "a", json!({}), json!({ "epochs": 5, "width": 5 })),
        scored(2, "b", json!({}), json!({ "epochs": 9 })),
        scored(3, "c", json!({}), json!({ "width": 7 })),
    ];
    let table = table_of(&runs, CompareOptions::default());
    assert_eq!(labels(&table), ["experiment", "epochs", "width", "acc"]);
    assert_eq!(below(&table, "width"), [json!(5), Value::Null, json!(7)]);
}

#[test]
fn parameters_are_compared_within_a_pipeline() {
    let runs =
        [scored(1, "a", json!({ "note": 1 }), json!({})), scored(2, "b", json!({ "note": 2 }), json!({}))];
    assert_eq!(labels(&table_of(&runs, CompareOptions::default())), ["experiment", "acc"]);
    let other = scored(3, "a", json!({ "note": 3 }), json!({}));
    let runs = [runs[0].clone(), runs[1].clone(), other];
    assert_eq!(labels(&table_of(&runs, CompareOptions::default())), ["experiment", "note", "acc"]);
}

#[test]
fn references_are_as_each_pipelines_newest_run_has_them() {
    let mut runs = [digits(1, json!({"seed": 1}), 0.95, 0.3), digits(2, json!({"seed": 2}), 0.96, 0.2)];
    runs[0].references = vec![published("published", 0.90)];
    runs[1].references = vec![published("published", 0.99)];
    let table = table_of(&runs, CompareOptions::default());
    assert_eq!(below(&table, "rank-1")[2..], [json!(0.99)]);

    let mut other = digits(3, json!({}), 0.9, 0.1);
    other.pipeline = "fashion".into();
    other.references = vec![published("published", 0.94)];
    let [first, second] = runs;
    let table = table_of(&[first, second, other], CompareOptions::default());
    let names = below(&table, "experiment");
    assert_eq!(names[3..], [json!("published (digits)"), json!("published (fashion)")]);
    assert_eq!(below(&table, "rank-1")[3..], [json!(0.99), json!(0.94)]);
}

#[test]
fn labels_stay_as_they_were_chosen_unless_two_are_the_same() {
    let mut run = digits(1, json!({}), 0.95, 0.3);
    run.metrics[0].label = Some("top-1 acc.".into());
    run.metrics[1].label = Some("v1.0 loss".into());
    let table = table_of(&[run.clone()], CompareOptions::default());
    assert_eq!(labels(&table), ["experiment", "top-1 acc.", "v1.0 loss"]);
    run.metrics[1].label = Some("top-1 acc.".into());
    let table = table_of(&[run], CompareOptions::default());
    assert_eq!(labels(&table), ["experiment", "rank1", "loss"]);
}

/// A run of a matrix over lists and texts, as a built-in kind or a command has it on record.
fn of_matrix(tell: impl Fn(&Value) -> (Value, Value)) -> RunRecord {
    let mut run = record(1, "m", json!({}));
    let cells = [
        ("m@name=a-b,size=16-32", json!({ "name": "a,b", "size": [16, 32] })),
        ("m@name=a-b,size=16-32~2", json!({ "name": "a-b", "size": [16, 32] })),
        ("m@name=1,size=8", json!({ "name": "1", "size": [8] })),
    ];
    for (at, (name, values)) in cells.iter().enumerate() {
        let (matrix, params) = tell(values);
        let mut stage = stage(name, "command", params, Some(json!({ "acc": at })));
        stage.matrix = map(matrix);
        run.stages.push(stage);
    }
    run.metrics = vec![metric("m.acc", "acc")];
    run
}

#[test]
fn values_of_a_matrix_are_those_of_the_file_whatever_the_name_of_the_stage_can_hold() {
    let told = |values: &Value| json!({ "matrix.name": values["name"], "matrix.size": values["size"] });
    let used = |values: &Value| json!({ "label": values["name"], "filters": values["size"] });
    let recorded = of_matrix(|values| (values.clone(), told(values)));
    let in_a_field = of_matrix(|values| (values.clone(), used(values)));
    let older = of_matrix(|values| (json!({}), told(values)));
    for (run, name, size) in
        [(recorded, "name", "size"), (older, "name", "size"), (in_a_field, "label", "filters")]
    {
        let table = table_of(std::slice::from_ref(&run), CompareOptions::default());
        let mut found = labels(&table);
        found.sort_unstable();
        let mut expected = ["acc", "experiment", name, size];
        expected.sort_unstable();
        assert_eq!(found, expected, "each once");
        for (condition, rows) in [
            ("matrix.name = a,b".to_owned(), 1),
            (format!("{name} = a-b"), 1),
            (format!("{name} = \"1\""), 1),
            (format!("{size} = [16, 32]"), 2),
        ] {
            let options =
                CompareOptions { filters: vec![condition.parse().unwrap()], ..CompareOptions::default() };
            assert_eq!(table_of(std::slice::from_ref(&run), options).rows.len(), rows, "{condition}");
        }
        let sorted = CompareOptions { sort: Some(name.into()), ..CompareOptions::default() };
        assert_eq!(below(&table_of(&[run], sorted), name), [json!("1"), json!("a,b"), json!("a-b")]);
    }
}

#[test]
fn namesakes_of_pipelines_that_share_none_have_one_column_where_that_is_clear() {
    let of_matrix = |number, pipeline: &str| {
        let mut run = record(number, pipeline, json!({}));
        let cell =
            |seed: usize| stage(&format!("fit@seed={seed}"), "k", json!({}), Some(json!({ "acc": seed })));
        run.stages = vec![cell(1), cell(2)];
        run.metrics = vec![metric("fit.acc", "acc")];
        run
    };
    let seeded = |number, params| scored(number, "b", json!({}), params);
    let runs = [of_matrix(1, "a"), seeded(2, json!({ "seed": 3 })), seeded(3, json!({ "seed": 4 }))];
    let runs = runs.map(|mut run| {
        run.overrides = map(json!({ "number": run.id }));
        run
    });
    let table =
        table_of(&runs, CompareOptions { drop: vec!["acc".into(), "kind".into()], ..Default::default() });
    assert_eq!(below(&table, "seed"), [1, 2, 3, 4].map(|seed| json!(seed)));
    let some = CompareOptions { filters: vec!["seed >= 2".parse().unwrap()], ..Default::default() };
    assert_eq!(table_of(&runs, some).rows.len(), 3);

    // One that has two of that name leaves open which of them is meant.
    let both = scored(4, "c", json!({ "seed": 7 }), json!({ "tune.seed": 5 }));
    let other = scored(5, "c", json!({ "seed": 8 }), json!({ "tune.seed": 5 }));
    let third = scored(6, "c", json!({ "seed": 8 }), json!({ "tune.seed": 6 }));
    let table = table_of(&[runs[0].clone(), both, other, third], CompareOptions::default());
    let seeds = labels(&table).iter().filter(|label| label.ends_with("seed")).count();
    assert_eq!(seeds, 3, "{:?}", labels(&table));
}
