//! Any records, however odd, give a table; the same ones always the same.

use crate::support::{record, stage};
use proptest::{collection::vec, prelude::*};
use proto::RunRecord;
use results::{CompareOptions, Format, compare, render};
use serde_json::{Value, json};

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[a-c.|]{0,3}", inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn any_record() -> impl Strategy<Value = RunRecord> {
    let name =
        prop_oneof![Just("train"), Just("rank"), Just("train@lr=1,seed=2"), Just("rank@lr=1"), Just("@,=")];
    let stages = vec((name, any_value(), any_value(), prop::bool::ANY), 0..5);
    (0_usize..50, "[ab|\"<]{0,3}", any_value(), stages).prop_map(|(number, pipeline, set, stages)| {
        let mut run = record(number, &pipeline, json!({ "set": set }));
        run.params.insert("set".into(), set);
        run.params.insert("p".into(), json!(number % 2));
        run.stages = stages
            .into_iter()
            .map(|(name, param, metrics, is_evaluation)| {
                let kind = if is_evaluation { "evaluate" } else { "command" };
                stage(name, kind, json!({ "p": param }), Some(json!({ "rank1": metrics })))
            })
            .collect();
        run
    })
}

proptest! {
    #[test]
    fn every_form_of_every_table_renders(
        runs in vec(any_record(), 0..8),
        all_runs: bool,
        fold: bool,
        width in 0_usize..200,
    ) {
        let fold = if fold { vec!["seed".to_owned(), "p".to_owned()] } else { Vec::new() };
        let options = CompareOptions { all_runs, fold, ..CompareOptions::default() };
        let table = compare(&runs, &options).unwrap();
        for row in &table.rows {
            prop_assert_eq!(row.cells.len(), table.columns.len());
        }
        render(&table, Format::Terminal { width }).unwrap();
        render(&table, Format::Markdown).unwrap();
        render(&table, Format::Html).unwrap();
        render(&table, Format::Csv).unwrap();
        let json: Value = serde_json::from_str(&render(&table, Format::Json).unwrap()).unwrap();
        prop_assert_eq!(json["rows"].as_array().map(Vec::len), Some(table.rows.len()));
    }

    #[test]
    fn the_order_of_records_is_no_matter(
        runs in vec(any_record(), 0..8),
        turn in 0_usize..8,
        all_runs: bool,
    ) {
        let mut runs = runs;
        runs.sort_by(|a, b| a.id.cmp(&b.id));
        runs.dedup_by(|a, b| a.id == b.id);
        let csv = |runs: &[RunRecord]| {
            let options = CompareOptions { all_runs, ..CompareOptions::default() };
            render(&compare(runs, &options).unwrap(), Format::Csv).unwrap()
        };
        let expected = csv(&runs);
        let turn = turn.min(runs.len());
        runs.rotate_left(turn);
        prop_assert_eq!(csv(&runs), expected.clone());
        runs.reverse();
        prop_assert_eq!(csv(&runs), expected);
    }

    #[test]
    fn filters_of_any_text_are_read_or_refused(text in "\\PC{0,20}") {
        let _ = text.parse::<results::Filter>();
    }
}
