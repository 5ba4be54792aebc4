//! What is wrong is said where it helps: stderr for people, stdout for programs, an exit code for both.

use crate::project::{FILE, Project};
use serde_json::{Value, json};
use std::process::Stdio;

#[test]
fn a_wrong_command_line_exits_with_2() {
    let project = Project::new();
    for arguments in [
        &["rum"][..],
        &["run"],
        &["run", FILE, "--jobs", "0"],
        &["run", FILE, "--set", "lr"],
        &["run", FILE, "--device", "tpu"],
        &["run", FILE, "--stage", "nothing"],
        &["explain", FILE, "nothing"],
        &["show", "nothing"],
        &["compare", "--filter", "lr"],
        &["compare", "nothing"],
        &["plan", "nothing.toml"],
        &["plan"],
        &["plan", FILE, "--device", "tpu"],
        &["run", "--dry-run", FILE, "--device", "tpu"],
        &[],
    ] {
        let outcome = project.pipeline(arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{arguments:?}");
        assert!(!outcome.stderr.is_empty(), "{arguments:?}");

        let outcome = project.pipeline(&[arguments, &["--json"]].concat());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (2, ""), "{arguments:?} --json");
        let error = &outcome.json()["error"];
        for field in ["message", "file", "line", "column", "hints"] {
            assert!(error.get(field).is_some(), "{arguments:?}: no `{field}` in {error}");
        }
    }
}

#[test]
fn a_stage_that_is_misspelt_is_told_the_nearest() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    for arguments in [
        &["run", FILE, "--stage", "scor"][..],
        &["run", FILE, "--force", "scor"],
        &["plan", FILE, "--stage", "scor"],
        &["explain", FILE, "scor"],
        &["logs", "latest", "scor"],
    ] {
        let outcome = project.pipeline(arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}");
        assert!(outcome.stderr.contains("did you mean `score`?"), "{arguments:?}: {}", outcome.stderr);
    }
    let far = project.pipeline(&["logs", "latest", "nothing"]).stderr;
    assert!(far.contains("its stages are words, score"), "{far}");
}

#[test]
fn every_error_of_a_file_has_a_place() {
    let project = Project::new();
    project.write(
        "pipelines/broken.toml",
        "[stages.a]\nkind = \"command\"\nrun = \"true\"\nretrys = 1\n\n[stages.b]\nkind = \"comand\"\n",
    );
    for command in ["run", "plan", "check", "explain", "graph"] {
        let outcome = project.pipeline(&[command, "pipelines/broken.toml", "--json"]);
        assert_eq!(outcome.code, 2, "{command}");
        let errors = outcome.json()["errors"].as_array().unwrap().clone();
        let places: Vec<Value> = errors.iter().map(|error| json!([error["file"], error["line"]])).collect();
        assert_eq!(
            places,
            [json!(["pipelines/broken.toml", 4]), json!(["pipelines/broken.toml", 7])],
            "{command}: {errors:?}"
        );
    }
    let shown = project.pipeline(&["check", "pipelines/broken.toml"]).stderr;
    assert!(
        shown.contains("4 | retrys = 1") && shown.contains("^^^^^^"),
        "a caret under the culprit: {shown}"
    );
    assert!(shown.contains("`retries`") && shown.contains("`command`"), "the nearest known names: {shown}");
}

#[test]
fn a_missing_source_stops_running_and_nothing_else() {
    let project = Project::new();
    std::fs::remove_file(project.path().join("text.txt")).unwrap();
    for command in ["plan", "graph"] {
        let outcome = project.pipeline(&[command, FILE]);
        assert_eq!(outcome.code, 0, "{command}: {}", outcome.stderr);
        assert!(
            outcome.stderr.starts_with("warning:") && outcome.stderr.contains("`text.txt`"),
            "{command}: {}",
            outcome.stderr
        );
    }
    for arguments in [&["plan", FILE, "--json"][..], &["plan", FILE, "--set", "lr=1,2", "--json"]] {
        let plan = project.pipeline(arguments).json();
        let missing = plan.get("missing").unwrap_or(&plan["plans"][1]["missing"]);
        assert!(missing[0]["message"].as_str().unwrap().contains("`text.txt`"), "{plan}");
        assert_eq!(missing[0]["file"], FILE);
    }
    for command in ["run", "check"] {
        let outcome = project.pipeline(&[command, FILE]);
        assert_eq!(outcome.code, 2, "{command}");
        assert!(outcome.stderr.contains("text.txt"), "{command}: {}", outcome.stderr);
        let error = project.pipeline(&[command, FILE, "--json"]).json()["error"].clone();
        assert_eq!(error["file"], FILE, "{command}");
        assert!(error["line"].is_number(), "{command}: {error}");
    }
    assert!(!project.path().join(".pipeline/runs").exists(), "no run was begun");
}

#[test]
fn a_missing_source_of_a_stage_that_is_not_asked_for_is_no_matter() {
    let project = Project::new();
    let other =
        "\n[stages.other]\nkind = \"command\"\nrun = \"cat ${inputs.a}\"\ninputs = { a = \"gone\" }\n";
    project.replace(FILE, "\n[metrics]", &format!("{other}\n[metrics]"));
    assert_eq!(project.pipeline(&["run", FILE, "--stage", "score"]).code, 0);
    assert_eq!(project.pipeline(&["run", FILE]).code, 2);
}

#[test]
fn a_failed_stage_exits_with_1_and_shows_its_log() {
    let project = Project::new();
    project.replace(FILE, "echo scoring;", "echo scoring badly; exit 7;");
    let outcome = project.pipeline(&["run", FILE]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    for text in
        ["stage `score` failed", "status 7", "scoring badly", ".pipeline/runs/", "1 executed, 1 failed"]
    {
        assert!(outcome.stderr.contains(text), "no `{text}` in {}", outcome.stderr);
    }
    let events = project.pipeline(&["run", FILE, "--json"]);
    assert_eq!(events.code, 1);
    assert_eq!(events.json_lines().last().unwrap()["stages"]["score"]["outcome"], "failed");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    for arguments in [&["plan", FILE][..], &["compare"], &["runs", "--json"], &["show", "latest"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = project.command(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("error"), "{arguments:?}");
    }
}
