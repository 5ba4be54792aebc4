//! The JSON Schema and the checks of the program say the same.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::{fs, path::Path};
use support::parse;

const VALID: &str = include_str!("properties.toml");

fn accepts(text: &str) -> bool {
    let value: Value = toml::from_str(text).unwrap();
    jsonschema::validator_for(&spec::schema()).unwrap().is_valid(&value)
}

/// The stage `s` of a kind with some fields.
fn stage(kind: &str, fields: &str) -> String {
    let given = match kind {
        "fetch" => "url = 'https://example.org/a.zip'",
        "dataset" => "source = 'data'\nformat = 'idx'",
        "means" => "dataset = 'a.h5'",
        "train" => "train = 'a.h5'\nmodel = { stages = [1], filters = [8, 8] }\nlr = 0.1\nepochs = 1",
        "decay-train" => "train = 'a.h5'\nmodel = { stages = [1], filters = [8, 8] }\nlr = 0.1\nepochs = 1",
        "evaluate" => "weights = 'a'\ndataset = 'b'",
        _ => "run = 'true'",
    };
    format!(
        "[params]\nnumber = 3\ntext = 'x'\nyes = true\nlist = [1, 2]\nempty = {{}}\n[stages.s]\nkind = '{kind}'\n{given}\n{fields}\n"
    )
}

#[test]
fn files_that_are_read_are_accepted() {
    for text in [
        VALID.to_owned(),
        stage("fetch", ""),
        stage("fetch", "unpack = 'tar.gz'"),
        stage("means", "mode = 'pixel'"),
        stage("evaluate", "flip = true"),
        stage(
            "train",
            "val = 'b.h5'\nkeep_best = 'val_loss'\nearly_stopping = { patience = 3, metric = 'train_loss' }",
        ),
        stage("decay-train", "schedule = 'step'\nmilestones = [3, 5]\nwarmup_epochs = 0.5"),
    ] {
        parse(&text, &[]).unwrap();
        assert!(accepts(&text), "{text}");
    }
}

#[test]
fn every_pipeline_of_this_repository_is_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines");
    let validator = jsonschema::validator_for(&spec::schema()).unwrap();
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let value: Value = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let faults: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{}: {faults:?}", path.display());
            count += 1;
        }
    }
    assert!(count > 5, "found {count} pipelines");
}

#[test]
fn editors_find_a_sentence_about_every_field() {
    let schema = spec::schema();
    assert!(schema["$schema"].is_string());
    let text = schema.to_string();
    for field in ["batch_size", "checkpoint_every", "timeout", "matrix", "mutex", "frozen"] {
        let at =
            text.find(&format!("\"{field}\":{{")).unwrap_or_else(|| panic!("{field} is not in the schema"));
        let described: Value = serde_json::Deserializer::from_str(&text[at + field.len() + 3..])
            .into_iter::<Value>()
            .next()
            .unwrap()
            .unwrap();
        assert!(described["description"].is_string(), "{field}: {described}");
    }
}

#[test]
fn a_reference_may_stand_for_any_value() {
    for (kind, field) in [
        ("train", "batch_size = '${params.number}'"),
        ("train", "shuffle = '${params.yes}'"),
        ("train", "augment = '${params.empty}'"),
        ("train", "augment = { rotation = '${params.number}' }"),
        ("train", "resources = { cpus = '${params.number}' }"),
        ("dataset", "image_size = '${params.number}'"),
        ("command", "matrix = { a = '${params.list}' }"),
        ("command", "retries = '${params.number}'"),
        ("command", "inputs = { a = ['${params.text}'] }"),
        ("fetch", "unpack = '${params.yes}'"),
    ] {
        let text = stage(kind, field);
        parse(&text, &[]).unwrap_or_else(|errors| panic!("{errors}"));
        assert!(accepts(&text), "{text}");
    }
}

#[test]
fn the_same_faults_are_seen() {
    for (kind, field) in [
        ("train", "batch_size = 0"),
        ("train", "batch_size = 1.5"),
        ("train", "batch_size = 'many'"),
        ("train", "batchsize = 1"),
        ("train", "momentum = 1.0"),
        ("train", "precision = 'f16'"),
        ("train", "power = 1"),
        ("train", "augment = { zoom = 2 }"),
        ("train", "schedule = 'cosine'"),
        ("train", "keep_best = 'accuracy'"),
        ("train", "ema_decay = 1"),
        ("train", "accumulate = 0"),
        ("train", "early_stopping = { metric = 'val_loss' }"),
        ("train", "early_stopping = { patience = 1, metrik = 'val_loss' }"),
        ("decay-train", "schedule = 'cosin'"),
        ("decay-train", "schedule = 'step'\nevery = 0"),
        ("train", "augment = { zooom = 0.5 }"),
        ("train", "phases = []"),
        ("decay-train", "phases = []"),
        ("dataset", "test_fraction = 1.0"),
        ("dataset", "seed = -1"),
        ("means", "mode = 'image'"),
        ("command", "shell = 1"),
        ("command", "outputs = { a = 1 }"),
        ("command", "inputs = { a = 1 }"),
        ("command", "matrix = {}"),
        ("command", "resources = { gpu = 1 }"),
        ("command", "after = 'x'"),
        ("no-such-kind", ""),
    ] {
        let text = stage(kind, field);
        assert!(parse(&text, &[]).is_err(), "{text}");
        assert!(!accepts(&text), "{text}");
    }
    for text in ["", "[stage]", "[stages.a]", "[stages.'a b']\nkind = 'command'\nrun = 'x'"] {
        assert!(parse(text, &[]).is_err() && !accepts(text), "{text}");
    }
}

#[test]
fn broken_files_are_accepted_only_where_a_schema_cannot_know() {
    let mut accepted = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "toml")
            && toml::from_str::<Value>(&text).is_ok()
            && accepts(&text)
        {
            accepted.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    accepted.sort();
    assert_eq!(accepted, ["contents", "cycles", "long_lines", "outputs", "overrides"]);
}
