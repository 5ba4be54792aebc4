//! What programs get: the shapes that are promised.

use crate::project::{FILE, Project};
use serde_json::{Value, json};

#[test]
fn run_prints_an_event_a_line_and_ends_with_the_outcomes() {
    let project = Project::new();
    let first = project.pipeline(&["run", FILE, "--json"]);
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    let events = first.json_lines();
    assert_eq!(events[0]["event"], "run-started");
    let last = events.last().unwrap();
    assert_eq!(last["event"], "run-finished");
    assert_eq!(last["status"], "succeeded");
    assert_eq!(last["stages"]["score"]["outcome"], "executed");
    assert!(last["stages"]["score"]["seconds"].is_number());

    let again = project.pipeline(&["run", FILE, "--json"]).json_lines();
    let last = again.last().unwrap();
    assert_eq!(last["stages"]["words"], json!({"outcome": "fresh", "seconds": 0.0}));
}

#[test]
fn plan_says_what_and_why() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    for arguments in
        [["plan", FILE, "--set", "lr=0.05", "--json"], ["run", "--dry-run", FILE, "--set=lr=0.05", "--json"]]
    {
        let plan = project.pipeline(&arguments).json();
        assert_eq!(
            plan,
            json!({"stages": [
                {"stage": "words", "verdict": "fresh", "reasons": []},
                {"stage": "score", "verdict": "stale", "reasons": [
                    {"reason": "param-changed", "name": "lr", "old": 0.1, "new": 0.05}
                ]},
            ]})
        );
    }
}

/// `plan` is `run --dry-run`: it takes the same arguments, and prints one document whatever is asked.
#[test]
fn plan_takes_what_run_takes() {
    let project = Project::new();
    project.write("pipelines/other.toml", "[stages.s]\nkind = \"command\"\nrun = \"true\"\n");
    for arguments in [
        &["--force", FILE][..],
        &["--device", "cpu", "-j", "2", "--keep-going", FILE],
        &[FILE, "pipelines/other.toml"],
        &[FILE, "--set", "lr=1,2"],
        &[FILE, "pipelines/other.toml", "--force", "-k"],
    ] {
        let plan = project.pipeline(&[&["plan", "--json"], arguments].concat());
        assert_eq!((plan.code, plan.stderr.as_str()), (0, ""), "{arguments:?}");
        let dry = project.pipeline(&[&["run", "--dry-run", "--json"], arguments].concat());
        assert_eq!(plan.json(), dry.json(), "{arguments:?}");
        let text = project.succeed(&[&["plan"], arguments].concat());
        assert_eq!(text, project.succeed(&[&["run", "--dry-run"], arguments].concat()), "{arguments:?}");
    }
    let plans = project.pipeline(&["plan", FILE, "pipelines/other.toml", "--json"]).json();
    let of: Vec<&Value> = plans["plans"].as_array().unwrap().iter().map(|plan| &plan["experiment"]).collect();
    assert_eq!(of, ["words", "other"]);
    let text = project.succeed(&["plan", FILE, "pipelines/other.toml"]);
    assert!(text.contains("words: 1 to run, 1 pending") && text.contains("other: 1 to run"), "{text}");
}

#[test]
fn forcing_is_one_reason_more() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    let reasons = |set: &str| {
        let plan = project.pipeline(&["plan", FILE, "--force", "score", "--set", set, "--json"]).json();
        let reasons = plan["stages"][1]["reasons"].as_array().unwrap().clone();
        reasons.into_iter().map(|reason| reason["reason"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(reasons("lr=0.1"), ["forced"]);
    assert_eq!(reasons("lr=0.2"), ["param-changed", "forced"]);
}

#[test]
fn explain_has_reasons_and_text() {
    let project = Project::new();
    let stage = |project: &Project| {
        project.pipeline(&["explain", FILE, "words", "--json"]).json()["stages"][0].clone()
    };
    assert_eq!(stage(&project)["text"], json!(["words is stale: it has never run"]));
    project.succeed(&["run", FILE]);
    let fresh = stage(&project);
    assert_eq!(fresh["verdict"], "fresh");
    assert!(fresh["run"].is_string() && fresh["finished"].is_string(), "{fresh}");
}

#[test]
fn compare_has_columns_and_rows() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    project.succeed(&["run", FILE, "--set", "lr=0.2"]);
    for arguments in [&["compare", "--json"][..], &["compare", "--format", "json"]] {
        let table = project.pipeline(arguments).json();
        let names: Vec<&Value> =
            table["columns"].as_array().unwrap().iter().map(|column| &column["name"]).collect();
        assert_eq!(names, ["experiment", "kind", "runs", "score.lr", "score.accuracy"]);
        let values = |column: &str| {
            table["rows"].as_array().unwrap().iter().map(|row| row[column].clone()).collect::<Vec<_>>()
        };
        assert_eq!(values("score.accuracy"), [json!(0.1), json!(0.2), json!(0.9)]);
        assert_eq!(values("kind"), ["experiment", "experiment", "reference"]);
        assert_eq!(values("best"), [json!([]), json!(["score.accuracy"]), json!([])]);
    }
}

#[test]
fn history_can_be_read_by_programs() {
    let project = Project::new();
    assert_eq!(project.pipeline(&["runs", "--json"]).json(), json!({"runs": []}));
    project.succeed(&["run", FILE, "--set", "lr=0.2"]);
    let runs = project.pipeline(&["runs", "--json"]).json();
    let run = &runs["runs"][0];
    assert_eq!(run["pipeline"], "words");
    assert_eq!(run["overrides"], json!({"lr": 0.2}));
    assert_eq!(run["stages"], json!({"words": "executed", "score": "executed"}));
    assert_eq!(project.pipeline(&["runs", "other", "--json"]).json(), json!({"runs": []}));
    assert_eq!(project.pipeline(&["runs", "--status", "failed", "--json"]).json(), json!({"runs": []}));

    let id = run["run"].as_str().unwrap();
    let record = project.pipeline(&["show", id, "--json"]).json();
    assert_eq!(record["params"], json!({"lr": 0.2}));
    assert_eq!(record["stages"][1]["metrics"], json!({"accuracy": 0.2, "loss": 0.5}));
    let log = project.pipeline(&["logs", "latest", "score", "--json"]).json();
    assert_eq!(log["log"], "scoring\n");
}

#[test]
fn graph_check_and_doctor_parse_too() {
    let project = Project::new();
    let graph = project.pipeline(&["graph", FILE, "--json"]).json();
    assert_eq!(graph["edges"], json!([{"from": "words", "to": "score", "output": "words"}]));
    let check = project.pipeline(&["check", FILE, "--json"]).json();
    assert_eq!(check, json!({"files": [{"file": FILE, "stages": 2}]}));
    let doctor = project.pipeline(&["doctor", "--json"]).json();
    assert!(doctor["facts"].as_array().unwrap().iter().any(|fact| fact["name"] == "cpus"), "{doctor}");
}
