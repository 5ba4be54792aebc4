//! What the page is given, from records and what lies in the store.
#![allow(clippy::unwrap_used)]

use proto::RunRecord;
use report::Document;
use results::CompareOptions;
use serde_json::{Value, json};
use std::fs;
use store::{Digest, Store};
use tempfile::TempDir;

const HISTORY: &str = r#"{"epochs":[{"epoch":0,"lr":0.1,"train_loss":1.0,"train_accuracy":0.5,"val_loss":0.9,"val_accuracy":0.6}]}"#;

fn project() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// Puts content into the store under a digest that may be another's.
fn put(store: &Store, digest: &Digest, content: &str) {
    let path = store.object_path(digest);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn record(id: &str, graph: Value, stages: Value) -> RunRecord {
    serde_json::from_value(json!({
        "format": 1, "id": id, "pipeline": "digits", "file": "pipelines/digits.toml", "overrides": {},
        "params": {"model": {"l2": 1e-4, "stages": [2, 2]}}, "started": "2026-01-01T00:00:00Z",
        "finished": "2026-01-01T00:01:00Z", "status": "succeeded", "graph": graph, "stages": stages,
        "provenance": {"user": "ada", "host": "vm", "version": "0.1.0", "cpus": 2, "command": ["pipeline"]},
        "metrics": [{"name": "rank.rank1", "goal": "max", "label": "rank-1", "percent": true}],
        "references": [{"name": "published", "metrics": {"rank.rank1": 0.9}}],
    }))
    .unwrap()
}

fn stage(name: &str, outputs: Value, metrics: Value) -> Value {
    json!({
        "name": name, "kind": "train", "outcome": "restored", "seconds": 0.1, "executed_seconds": 60.0,
        "params": {"seed": 1}, "metrics": metrics, "outputs": outputs,
    })
}

fn document(folder: &TempDir, store: &Store, records: &[RunRecord]) -> Value {
    let options = CompareOptions::default();
    serde_json::to_value(Document::new(folder.path(), store, records, &options, false).unwrap()).unwrap()
}

#[test]
fn curves_are_found_by_digest_and_what_is_not_there_is_said() {
    let (folder, store) = project();
    let [there, gone, damaged] = [HISTORY, "gone", "damaged"].map(|text| Digest::of(text.as_bytes()));
    put(&store, &there, HISTORY);
    put(&store, &damaged, HISTORY);
    let unreadable = Digest::of(b"not a matrix");
    put(&store, &unreadable, "not a matrix");
    let history = |digest: &Digest| json!({"history": digest.to_string()});
    let stages = json!([
        stage("a", history(&there), json!(null)),
        stage("b", history(&gone), json!(null)),
        stage("c", history(&damaged), json!(null)),
        stage("d", json!({"confusion": unreadable.to_string()}), json!(null)),
    ]);
    let document = document(&folder, &store, &[record("1", json!([]), stages)]);
    let stages = document["runs"][0]["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 4, "a record without a graph has its stages all the same");
    let kinds: Vec<&Value> = [("a", "curve"), ("b", "curve"), ("c", "curve"), ("d", "confusion")]
        .iter()
        .zip(stages)
        .map(|((_, field), stage)| &document["artifacts"][stage[field].as_str().unwrap()]["is"])
        .collect();
    assert_eq!(kinds, ["curve", "gone", "unreadable", "unreadable"]);
    assert_eq!(document["artifacts"][there.to_string()]["val_accuracy"], json!([0.6]));
}

#[test]
fn rows_have_the_text_of_the_comparison_and_know_their_stages() {
    let (folder, store) = project();
    let stages = json!([
        stage("dataset", json!({}), json!(null)),
        stage("rank@lr=0.1", json!({}), json!({"rank1": 0.5})),
        stage("rank@lr=0.2", json!({}), json!({"rank1": 0.75})),
    ]);
    let document = document(&folder, &store, &[record("1", json!([]), stages)]);
    let rows = document["table"]["rows"].as_array().unwrap();
    let members: Vec<&Value> = rows.iter().map(|row| &row["members"]).collect();
    assert_eq!(
        members,
        [&json!([{"run": 0, "stages": [0, 1]}]), &json!([{"run": 0, "stages": [0, 2]}]), &json!([])]
    );
    let last: Vec<&Value> = rows.iter().map(|row| row["cells"].as_array().unwrap().last().unwrap()).collect();
    assert_eq!(last[0], &json!({"text": "50.00 %", "value": 0.5, "best": false}));
    assert_eq!(last[1], &json!({"text": "75.00 %", "value": 0.75, "best": true}));
    assert_eq!((&rows[2]["is_reference"], &last[2]["text"]), (&json!(true), &json!("90.00 %")));
}

#[test]
fn the_graph_and_how_its_stages_ended_are_put_together() {
    let (folder, store) = project();
    let graph = json!([
        {"name": "train", "kind": "train"},
        {"name": "rank", "kind": "evaluate", "needs": {"train": ["weights"]}},
        {"name": "extra", "kind": "command", "needs": {"rank": []}},
    ]);
    let stages = json!([
        stage("train", json!({}), json!({"val_accuracy": 0.9})),
        stage("rank", json!({}), json!({"rank1": 0.5})),
    ]);
    let document = document(&folder, &store, &[record("1", graph, stages)]);
    let run = &document["runs"][0];
    let field =
        |name: &str| run["stages"].as_array().unwrap().iter().map(|s| s[name].clone()).collect::<Vec<_>>();
    assert_eq!(field("state"), ["restored", "restored", "not-selected"]);
    assert_eq!(field("executed_seconds"), [json!(60.0), json!(60.0), json!(null)]);
    assert_eq!(field("needs"), [json!({}), json!({"train": ["weights"]}), json!({"rank": []})]);
    assert_eq!(run["params"], json!([["model.l2", "0.0001"], ["model.stages", "2,2"]]));
    assert_eq!(run["provenance"]["user"], "ada");
}
