//! Several values under `--set`: an experiment for each combination, run as one.

use crate::project;
use serde_json::Value;
use std::collections::BTreeSet;
use testkit::Project;

/// `pack` is the same for all experiments, `train` depends on `lr` and `seed`; each notes that it ran.
const PIPELINE: &str = r#"
[params]
lr      = 0.1
seed    = 1
filters = [16, 32]
name    = "x"

[stages.pack]
kind    = "command"
run     = "sh -c 'echo pack >> ran; echo packed > $1' - ${outputs.o}"
outputs = { o = "o.txt" }

[stages.train]
kind    = "command"
run     = "sh -c 'echo train-$1-$2 >> ran; printf \"{\\\"score\\\": $1}\" > $3; test $1 != 0.9' - ${params.lr} ${params.seed} ${outputs.metrics} ${params.name}"
inputs  = { packed = "${stages.pack.o}" }
outputs = { metrics = "metrics.json" }

[metrics]
"train.score" = { goal = "max" }
"#;

fn swept() -> Project {
    let project = project();
    project.pipeline(PIPELINE);
    project
}

/// What ran since last asked, sorted.
fn ran(project: &Project) -> Vec<String> {
    let mut lines: Vec<String> = project.read("ran").lines().map(str::to_owned).collect();
    lines.sort();
    project.file("ran", "");
    lines
}

fn folders(project: &Project) -> BTreeSet<String> {
    let entries = std::fs::read_dir(project.path("results")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with('p')).collect()
}

#[test]
fn each_combination_is_an_experiment_and_what_they_share_runs_once() {
    let project = swept();
    let events = project.run(&["--set", "lr=0.1,0.05", "--set", "seed=1..3", "-j", "4"]).ok().events();
    let expected =
        ["pack", "train-0.05-1", "train-0.05-2", "train-0.05-3", "train-0.1-1", "train-0.1-2", "train-0.1-3"];
    assert_eq!(ran(&project), expected);
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["status"]), (&"sweep-finished".into(), &"succeeded".into()));
    assert_eq!(last["runs"].as_array().unwrap().len(), 6);
    assert_eq!(last["runs"][1]["experiment"], "p@lr=0.1,seed=2");
    assert_eq!(last["runs"][1]["set"], serde_json::json!({ "lr": 0.1, "seed": 2 }));
    let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["run"].as_str()).collect();
    assert_eq!(ids.len(), 6, "each event names its run");

    assert_eq!(project.read("results/p@lr=0.05,seed=3/train/metrics.json"), "{\"score\": 0.05}");
    assert_eq!(project.read("results/p@lr=0.05,seed=3/pack/o.txt"), "packed\n");
    assert_eq!(folders(&project).len(), 6);
    let table = project.pipeline_with(&["compare", "--json"]).ok().json();
    let values = |column: &str| -> Vec<Value> {
        table["rows"].as_array().unwrap().iter().map(|row| row[column].clone()).collect()
    };
    assert_eq!(values("train.score").len(), 6);
    assert!(project.read("results/table.csv").lines().count() == 7);
}

#[test]
fn a_sweep_that_is_run_again_or_grows_repeats_nothing() {
    let project = swept();
    project.run(&["--set", "lr=0.1,0.05"]).ok();
    ran(&project);
    let before = project.snapshot(".pipeline/runs");
    let again = project.run(&["--set", "lr=0.1,0.05"]).ok();
    assert_eq!((ran(&project), project.snapshot(".pipeline/runs")), (Vec::new(), before));
    assert_eq!(again.events().last().unwrap()["status"], "succeeded");
    project.run(&["--set", "lr=0.1,0.05,0.01"]).ok();
    assert_eq!(ran(&project), ["train-0.01-1"]);
    project.run(&[]).ok();
    assert_eq!(ran(&project), Vec::<String>::new(), "the file's own settings were among them");
    assert_eq!(project.read("results/p/train/metrics.json"), "{\"score\": 0.1}");
}

#[test]
fn lists_and_quoted_texts_are_one_value() {
    let project = swept();
    for set in ["filters=[8,16]", "name=\"a,b\"", "lr=0.2"] {
        project.run(&["--set", set]).ok();
        assert_eq!(folders(&project).len(), 1, "{set}");
    }
    project.run(&["--set", "filters=[8,16],[16,32]", "--set", "name=a,b"]).ok();
    let expected = [
        "p",
        "p@filters=16-32,name=a",
        "p@filters=16-32,name=b",
        "p@filters=8-16,name=a",
        "p@filters=8-16,name=b",
    ];
    assert_eq!(folders(&project), expected.map(str::to_owned).into());
}

#[test]
fn a_sample_is_drawn_and_can_be_drawn_again() {
    let project = swept();
    let arguments =
        ["--set", "lr=log(1e-3,1e-1)", "--set", "seed=1..100", "--sample", "3", "--sample-seed", "7"];
    project.run(&arguments).ok();
    let first = ran(&project);
    assert_eq!(first.len(), 4);
    project.run(&arguments).ok();
    assert_eq!(ran(&project), Vec::<String>::new());
    let without = project.run(&["--set", "lr=log(1e-3,1e-1)"]).expect_code(2).json();
    assert!(without["error"]["message"].as_str().unwrap().contains("--sample N"), "{without}");
}

#[test]
fn a_failure_leaves_the_other_experiments_their_records() {
    let project = swept();
    let kept_going = project.run(&["--set", "lr=0.9,0.1", "-j", "1", "-k"]).expect_code(1);
    let last = kept_going.events().pop().unwrap();
    let statuses: Vec<&str> =
        last["runs"].as_array().unwrap().iter().map(|run| run["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["failed", "succeeded"]);
    assert!(project.path("results/p@lr=0.1/train/metrics.json").exists());

    project.edit("pipelines/p.toml", "echo pack >> ran;", "echo pack >> ran; exit 3;");
    ran(&project);
    let failed = project.run(&["--set", "lr=0.3,0.4", "-k"]).expect_code(1);
    assert_eq!(ran(&project), ["pack"], "what they share fails once: {}", failed.stdout);
    let said =
        project.pipeline_with(&["run", "pipelines/p.toml", "--set", "lr=0.3,0.4"]).expect_code(1).stderr;
    assert!(said.contains("stage `pack (lr=0.3)` failed"), "{said}");
}

#[test]
fn plan_and_check_take_several_values_and_other_commands_say_that_they_do_not() {
    let project = swept();
    let set = ["pipelines/p.toml", "--set", "lr=0.1,0.05"];
    let plan = project.pipeline_with(&[&["plan"], &set[..], &["--json"]].concat()).ok().json();
    assert_eq!(plan["plans"][1]["experiment"], "p@lr=0.05");
    assert_eq!(plan["plans"][1]["stages"][0]["verdict"], "stale");
    let dry = project.pipeline_with(&[&["run"], &set[..], &["--dry-run", "--json"]].concat()).ok().json();
    assert_eq!(dry, plan);
    project.pipeline_with(&[&["check"], &set[..]].concat()).ok();
    for command in ["explain", "graph"] {
        let refused = project.pipeline_with(&[&[command], &set[..]].concat()).expect_code(2).stderr;
        assert!(refused.contains("of one experiment"), "{refused}");
    }
    let wrong =
        project.pipeline_with(&["check", "pipelines/p.toml", "--set", "lrr=1,2"]).expect_code(2).stderr;
    assert_eq!(
        wrong.matches("unknown parameter `lrr`").count(),
        2,
        "each value is shown where it stands: {wrong}"
    );
}

#[test]
fn people_see_one_progress_and_the_comparison() {
    let project = swept();
    let said = project.pipeline_with(&["run", "pipelines/p.toml", "--set", "lr=0.1,0.05"]).ok().stderr;
    for expected in
        ["p, 2 experiments: 4 stages, 0 fresh", "executed train (lr=0.05)", "3 executed, 1 restored", "score"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(said.contains("* 0.1000"), "{said}");
}
