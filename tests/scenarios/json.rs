//! With `--json`, standard output parses whatever the state of the project and however a command ends (behaviour 13).

use crate::{chain, project};
use serde_json::Value;
use std::fs;
use testkit::Project;

const COMMANDS: &[&[&str]] = &[
    &["check", "pipelines/p.toml"],
    &["graph", "pipelines/p.toml"],
    &["plan", "pipelines/p.toml"],
    &["plan", "pipelines/p.toml", "--stage", "nobody"],
    &["explain", "pipelines/p.toml"],
    &["explain", "pipelines/p.toml", "first"],
    &["explain", "pipelines/p.toml", "nobody"],
    &["run", "pipelines/p.toml", "--dry-run"],
    &["run", "pipelines/p.toml", "--set", "nobody=1"],
    &["run", "pipelines/p.toml", "--device", "abacus"],
    &["run", "pipelines/none.toml"],
    &["run", "--no-such-flag"],
    &["no-such-command"],
    &["compare"],
    &["compare", "nobody"],
    &["runs"],
    &["runs", "--status", "failed"],
    &["show", "latest"],
    &["show", "nobody"],
    &["logs", "latest", "first"],
    &["logs", "latest", "nobody"],
    &["verify"],
    &["gc", "--dry-run"],
    &["schema"],
    &["doctor"],
    &["run", "pipelines/p.toml"],
    &["run", "pipelines/p.toml", "--force"],
    &["gc", "--older-than", "1d"],
];

/// Every line that `run` prints is a value; what any other command prints is one. An error is where errors are.
fn speak(project: &Project, state: &str) {
    for arguments in COMMANDS {
        let ran = project.pipeline_with(&[*arguments, &["--json"]].concat());
        let said = format!("{state}, {arguments:?}: {ran:?}");
        assert!(matches!(ran.code, Some(0..=3)), "{said}");
        let values: Vec<Value> = match serde_json::from_str(&ran.stdout) {
            Ok(value) => vec![value],
            Err(_) if arguments[0] == "run" => ran
                .stdout
                .lines()
                .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {said}")))
                .collect(),
            Err(error) => panic!("{error}: {said}"),
        };
        let last = values.last().unwrap_or_else(|| panic!("no output: {said}"));
        let is_error = last["error"]["message"].is_string() && last["error"]["hints"].is_array();
        let is_finding =
            arguments[0] == "verify" || arguments[0] == "doctor" || last["event"] == "run-finished";
        assert!(
            ran.code == Some(0) && !is_error || ran.code != Some(0) && (is_error || is_finding),
            "{said}"
        );
        assert!(ran.stderr.is_empty() || ran.stderr.starts_with("warning: "), "{said}");
    }
}

#[test]
fn every_command_speaks_json_in_every_state() {
    let nothing = project();
    fs::remove_dir_all(nothing.path("pipelines")).unwrap();
    speak(&nothing, "an empty folder");
    let broken = chain();
    broken.edit("pipelines/p.toml", "${stages.first.copy}", "${stages.frist.copy}");
    speak(&broken, "a broken file");
    let lacking = chain();
    fs::remove_file(lacking.path("other.txt")).unwrap();
    speak(&lacking, "a source is missing");
    let failing = chain();
    failing.edit("pipelines/p.toml", "head -c 3", "exit 7; head -c 3");
    speak(&failing, "a stage fails");
    let project = chain();
    speak(&project, "nothing has run");
    speak(&project, "all has run");
    project.edit("pipelines/p.toml", "\"one\"", "\"two\"");
    speak(&project, "a parameter has changed");
}

#[test]
fn every_command_speaks_json_of_a_damaged_store() {
    let pristine = chain();
    pristine.run(&[]).ok();
    for folder in ["objects", "actions", "latest", "runs", "index", "locks", "format"] {
        let project = pristine.copy();
        for (path, bytes) in project.snapshot(&format!(".pipeline/{folder}")) {
            fs::remove_file(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
        speak(&project, &format!("all of {folder} cut short"));
    }
    let newer = pristine.copy();
    let format = store::FORMAT + 1;
    store::write_document(&newer.path(".pipeline/format"), &serde_json::json!({ "format": format })).unwrap();
    speak(&newer, "a newer store");
}
