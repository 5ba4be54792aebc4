//! What `${…}` becomes.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use spec::{Piece, Source};
use support::{input, messages, output, pipeline, pipeline_with, stage};

/// What `params` becomes in a command's own parameters.
fn resolved(params: &str, name: &str) -> Value {
    let text = format!("[params]\n{params}\n[stages.s]\nkind = 'command'\nrun = 'echo ${{params.{name}}}'");
    stage(&pipeline(&text), "s").params[name].clone()
}

#[test]
fn a_string_that_is_one_reference_keeps_the_type() {
    assert_eq!(resolved("a = 75\nx = '${params.a}'", "x"), json!(75));
    assert_eq!(resolved("a = 75\nx = '${ params.a }'", "x"), json!(75));
    assert_eq!(resolved("a = 75\nx = 'e${params.a}'", "x"), json!("e75"));
    assert_eq!(resolved("a = true\nx = '${params.a}'", "x"), json!(true));
    assert_eq!(resolved("x = 1979-05-27T07:32:00Z", "x"), json!("1979-05-27T07:32:00Z"));
}

#[test]
fn one_and_one_point_zero_and_text_are_different() {
    assert_eq!(resolved("x = 1", "x").to_string(), "1");
    assert_eq!(resolved("x = 1.0", "x").to_string(), "1.0");
    assert_eq!(resolved("x = '1'", "x").to_string(), "\"1\"");
}

#[test]
fn numbers_in_texts_look_as_in_json() {
    assert_eq!(resolved("a = 1.0\nx = '-${params.a}'", "x"), json!("-1.0"));
    assert_eq!(resolved("a = 5e-4\nx = '-${params.a}'", "x"), json!("-0.0005"));
    assert_eq!(resolved("a = 0x10\nx = '-${params.a}'", "x"), json!("-16"));
}

#[test]
fn two_dollars_are_one() {
    assert_eq!(resolved("x = '$${params.a} $HOME 5$'", "x"), json!("${params.a} $HOME 5$"));
}

#[test]
fn values_are_not_searched_for_references_again() {
    assert_eq!(resolved("a = '$${params.b}'\nx = '${params.a}!'", "x"), json!("${params.b}!"));
}

#[test]
fn parameters_refer_to_each_other_in_any_order() {
    assert_eq!(resolved("x = '${params.b}c'\nb = '${params.a}b'\na = 'a'", "x"), json!("abc"));
}

#[test]
fn parts_of_tables_can_be_referred_to() {
    assert_eq!(resolved("model = { l2 = 0.5 }", "model.l2"), json!(0.5));
    assert_eq!(resolved("m = { k = '${params.a}' }\na = 3", "m.k"), json!(3));
}

#[test]
fn parameters_that_double_each_other_do_not_fill_the_memory() {
    let mut text = String::from("[params]\na0 = 'xxxxxxxxxx'\n");
    for level in 1..60 {
        text += &format!("a{level} = '${{params.a{0}}}${{params.a{0}}}'\n", level - 1);
    }
    text += "[stages.s]\nkind = 'command'\nrun = 'true'";
    assert_eq!(messages(&text), ["the value of `a14` is too large"]);
}

#[test]
fn parameters_that_wrap_each_other_do_not_exhaust_the_stack() {
    let mut text = String::from("[params]\na0 = 1\n");
    for level in 1..50_000 {
        text += &format!("a{level} = ['${{params.a{}}}']\n", level - 1);
    }
    text += "[stages.s]\nkind = 'command'\nrun = 'true'";
    assert_eq!(messages(&text), ["the value of `a101` is nested too deeply"]);
}

#[test]
fn a_command_keeps_what_its_run_refers_to() {
    let pipeline = pipeline(
        r#"
        [params]
        lr = 0.1
        unused = 2
        list = [1]

        [stages.make]
        kind = "command"
        run = "make ${outputs.model}"
        outputs = { model = "model.bin" }

        [stages.s]
        kind = "command"
        run = 'use --lr=${params.lr} "${matrix.seed} ${inputs.list}" ${stages.make.model} $$HOME -j${resources.cpus} ${stages.make.model}'
        inputs = { list = ["a.txt", "${stages.make.model}/part"] }
        matrix = { seed = [7] }
        "#,
    );
    let s = stage(&pipeline, "s@seed=7");
    assert_eq!(serde_json::to_value(&s.params).unwrap(), json!({ "lr": 0.1, "matrix.seed": 7 }));
    let text = |text: &str| Piece::Text(text.into());
    assert_eq!(
        s.command.as_ref().unwrap().argv,
        [
            vec![text("use")],
            vec![text("--lr="), Piece::Param("lr".into())],
            vec![Piece::Matrix("seed".into()), text(" "), Piece::Input("list".into())],
            vec![Piece::Input("run.1".into())],
            vec![text("$HOME")],
            vec![text("-j"), Piece::Resource("cpus".into())],
            vec![Piece::Input("run.1".into())],
        ]
    );
    let part = Source::Output { stage: "make".into(), output: "model".into(), inside: Some("part".into()) };
    assert_eq!(input(s, "list"), ([Source::Path("a.txt".into()), part].as_slice(), true));
    assert_eq!(input(s, "run.1"), ([output("make", "model")].as_slice(), false));
}

#[test]
fn a_script_is_one_word() {
    let pipeline = pipeline(
        "[params]\nx = 'a b'\n[stages.s]\nkind = 'command'\nshell = true\nrun = \"cat '${params.x}' | wc > $HOME/n\"",
    );
    let command = stage(&pipeline, "s").command.clone().unwrap();
    let text = |text: &str| Piece::Text(text.into());
    assert!(command.shell);
    assert_eq!(command.argv, [vec![text("cat '"), Piece::Param("x".into()), text("' | wc > $HOME/n")]]);
}

#[test]
fn paths_are_relative_to_the_project_and_normalised() {
    let text = r#"
        [params]
        data = "./data/"
        files = ["a", "b/"]

        [stages.s]
        kind = "command"
        run = "true"
        inputs = { data = "${params.data}/x", inside = "/project/y", outside = "/elsewhere/z/", files = "${params.files}", named = "${params.data}" }
    "#;
    let pipeline = pipeline(text);
    let s = stage(&pipeline, "s");
    let paths = |name: &str| {
        let (sources, is_list) = input(s, name);
        let path = |source: &Source| match source {
            Source::Path(path) => path.to_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        };
        (sources.iter().map(path).collect::<Vec<_>>().join(" "), is_list)
    };
    assert_eq!(paths("data"), ("data/x".into(), false));
    assert_eq!(paths("inside"), ("y".into(), false));
    assert_eq!(paths("outside"), ("/elsewhere/z".into(), false));
    assert_eq!(paths("files"), ("a b".into(), true));
    assert_eq!(paths("named"), ("data".into(), false));
}

#[test]
fn where_a_checked_download_comes_from_does_not_matter() {
    let md5 = "0".repeat(32);
    let text = format!(
        "[stages.a]\nkind = 'fetch'\nurl = ['https://u/x', 'https://v/x']\nchecksum = 'md5:{md5}'\n[stages.b]\nkind = 'fetch'\nurl = 'https://u/x'"
    );
    let pipeline = pipeline(&text);
    let (a, b) = (stage(&pipeline, "a"), stage(&pipeline, "b"));
    assert_eq!(a.hints["url"], json!(["https://u/x", "https://v/x"]));
    assert!(!a.params.contains_key("url"));
    assert_eq!(b.params["url"], json!(["https://u/x"]));
    assert!(b.hints.is_empty());
}

#[test]
fn a_default_that_is_written_out_changes_nothing() {
    let train = "[stages.t]\nkind = 'train'\ntrain = 'a.h5'\nlr = 1\nepochs = 2\nmodel = { stages = [1], filters = [8, 8] }\n";
    let written =
        format!("{train}momentum = 0.9\nnesterov = false\naugment = {{ zoom = 0 }}\ncheckpoint_every = 7\n");
    let (short, long) = (pipeline(train), pipeline(&written));
    assert_eq!(short.stages[0].params, long.stages[0].params);
    assert_eq!(short.stages[0].params["lr"].to_string(), "1.0");
    assert_eq!(long.stages[0].hints["checkpoint_every"], 7);
}

#[test]
fn overrides_replace_parameters_and_fields() {
    let text = r#"
        [params]
        epochs = 3
        name = "x"
        model = { stages = [1], filters = [8, 8] }

        [stages.t]
        kind = "decay-train"
        train = "a.h5"
        epochs = "${params.epochs}"
        lr = 0.1
        model = "${params.model}"
        description = "${params.name}"
    "#;
    let overrides = [
        ("epochs", "5"),
        ("name", "some text"),
        ("params.model.l2", "0.25"),
        ("stages.t.lr", "0.05"),
        ("stages.t.augment.zoom", "0.5"),
    ];
    let pipeline = pipeline_with(text, &overrides);
    let t = stage(&pipeline, "t");
    assert_eq!(t.params["epochs"], 5);
    assert_eq!(t.params["lr"], 0.05);
    assert_eq!(t.params["model"]["l2"], 0.25);
    assert_eq!(t.params["augment"], json!({ "zoom": 0.5 }));
    assert_eq!(t.description.as_deref(), Some("some text"));
    assert_eq!(pipeline.params["epochs"], 5);
    assert_eq!(
        serde_json::to_value(&pipeline.overrides).unwrap(),
        json!({
            "epochs": 5, "name": "some text", "model.l2": 0.25, "stages.t.lr": 0.05, "stages.t.augment.zoom": 0.5
        })
    );
}
