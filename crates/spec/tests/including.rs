//! Files that build on others, and parameters that stand for outputs of stages.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::json;
use spec::{Kind, Pipeline, Source};
use std::fs;
use support::{messages, names, output, parse, pipeline_with, stage};
use tempfile::TempDir;

const BASE: &str = "
description = 'what they share'
[params]
seed = 1
lr = 0.1
[stages.train]
train = 'a.h5'
lr = '${params.lr}'
model = { stages = [1], filters = [8, 8] }
[[references]]
name = 'one'
[[references]]
name = 'two'
";

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("pipelines/common")).unwrap();
    for (path, text) in files {
        fs::write(folder.path().join("pipelines").join(path), text).unwrap();
    }
    folder
}

fn load(folder: &TempDir, overrides: &[(String, String)]) -> Result<Pipeline, spec::Errors> {
    spec::load(&folder.path().join("pipelines/p.toml"), overrides)
}

#[test]
fn tables_are_merged_and_everything_else_is_replaced() {
    let file = "
        include = 'pipelines/common/base.toml'
        description = 'this one'
        [params]
        lr = 0.5
        [stages.train]
        kind = 'train'
        epochs = 3
        model = { filters = [4, 4], l2 = 0.5 }
        [stages.last]
        kind = 'command'
        run = 'true'
        [[references]]
        name = 'mine'
    ";
    let folder = project(&[("common/base.toml", BASE), ("p.toml", file)]);
    let pipeline = load(&folder, &[]).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(pipeline.name, "p");
    assert_eq!(pipeline.description.as_deref(), Some("this one"));
    assert_eq!(names(&pipeline), ["train", "last"]);
    assert_eq!((&pipeline.params["seed"], &pipeline.params["lr"]), (&json!(1), &json!(0.5)));
    let train = stage(&pipeline, "train");
    assert_eq!((train.kind, &train.params["lr"]), (Kind::Train, &json!(0.5)));
    assert_eq!(train.params["model"]["stages"], json!([1]));
    assert_eq!(train.params["model"]["filters"], json!([4, 4]));
    assert_eq!(pipeline.references.len(), 1);

    let pipeline = load(&folder, &[("lr".into(), "2.0".into())]).unwrap();
    assert_eq!(stage(&pipeline, "train").params["lr"], json!(2.0));
}

#[test]
fn an_included_file_may_include_another_but_not_itself() {
    let middle = "include = 'pipelines/common/base.toml'\n[stages.train]\nkind = 'train'\nepochs = 2";
    let file = "include = 'pipelines/middle.toml'";
    let folder = project(&[("common/base.toml", BASE), ("middle.toml", middle), ("p.toml", file)]);
    assert_eq!(names(&load(&folder, &[]).unwrap()), ["train"]);

    for (name, text) in [
        ("p.toml", "include = 'pipelines/p.toml'"),
        ("common/base.toml", "include = 'pipelines/middle.toml'"),
    ] {
        fs::write(folder.path().join("pipelines").join(name), text).unwrap();
        let errors = load(&folder, &[]).unwrap_err().to_string();
        assert!(errors.contains("includes itself"), "{errors}");
        fs::write(folder.path().join("pipelines/p.toml"), file).unwrap();
    }
}

#[test]
fn mistakes_are_shown_where_they_stand() {
    let include = "include = 'pipelines/common/base.toml'\n";
    for (base, file, place, message) in [
        ("[stages.a]\nkind = 'comand'", include, "pipelines/common/base.toml:2:8", "unknown kind `comand`"),
        ("[stages.a\n", include, "pipelines/common/base.toml:1:", ""),
        ("", "include = 'pipelines/none.toml'", "p.toml:1:11", "cannot include `pipelines/none.toml`"),
        ("", "include = 3", "p.toml:1:11", "`include`: expected a path, found the integer 3"),
        ("", "inclde = 'x'", "p.toml:1:1", "unknown field `inclde`"),
    ] {
        let folder = project(&[("common/base.toml", base), ("p.toml", file)]);
        let errors = load(&folder, &[]).unwrap_err().to_string();
        assert!(errors.contains(place) && errors.contains(message), "{errors}");
    }
}

const FETCHED: &str = "
[params]
data = '${stages.get.path}/inner'
[stages.get]
kind = 'fetch'
url = 'https://example.org/a.zip'
on_demand = true
[stages.pack]
kind = 'dataset'
format = 'idx'
source = '${params.data}'
[stages.list]
kind = 'command'
run = 'ls ${inputs.folder}'
inputs = { folder = '${params.data}/deep' }
";

#[test]
fn a_parameter_may_stand_for_an_output() {
    let pipeline = pipeline_with(FETCHED, &[]);
    assert!(stage(&pipeline, "get").on_demand && !stage(&pipeline, "pack").on_demand);
    assert_eq!(pipeline.params["data"], json!("${stages.get.path}/inner"));
    let source = |name: &str| stage(&pipeline, name).inputs[0].sources[0].clone();
    let inside = |path: &str| match output("get", "path") {
        Source::Output { stage, output, .. } => Source::Output { stage, output, inside: Some(path.into()) },
        path => path,
    };
    assert_eq!(source("pack"), inside("inner"));
    assert_eq!(source("list"), inside("inner/deep"));

    let on_disk = pipeline_with(FETCHED, &[("data", "some/folder")]);
    assert_eq!(stage(&on_disk, "pack").inputs[0].sources, [Source::Path("some/folder".into())]);
    assert_eq!(stage(&on_disk, "list").inputs[0].sources, [Source::Path("some/folder/deep".into())]);
}

#[test]
fn it_is_no_value_for_anything_but_an_input() {
    let with = |stage: &str| messages(&format!("[params]\nd = '${{stages.a.path}}'\n{stage}"));
    let fetch = "[stages.a]\nkind = 'fetch'\nurl = 'https://example.org/a.zip'\n";
    let found = with(&format!("{fetch}[stages.b]\nkind = 'command'\nrun = 'cat ${{params.d}}'"));
    assert!(found[0].contains("is an output of a stage, which cannot be part of a command"), "{found:?}");
    let found = with(&format!("{fetch}mutex = '${{params.d}}'"));
    assert!(found[0].contains("expected a string, found an output of a stage"), "{found:?}");
    let found = with("[stages.b]\nkind = 'means'\ndataset = '${params.d}'");
    assert!(found[0].contains("unknown stage `a`"), "{found:?}");
    assert!(
        parse("[params]\nd = 'x${stages.a.path}'\n[stages.a]\nkind = 'command'\nrun = 'x'", &[]).is_err()
    );
}
