//! Ctrl-C, kill, timeouts and crashes (behaviour 7).

use crate::project;
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command},
};
use testkit::Project;

/// One stage that waits at a gate (a named pipe), with a child process of its own, and one after it.
fn gated() -> Project {
    let project = project();
    let script = "sh -c 'echo $$ > child.pid; read line < gate; echo $line > late.txt'; cp child.pid $1";
    project.file("gated.sh", script).pipeline(
        r#"
        [stages.gated]
        kind    = "command"
        run     = "sh gated.sh ${outputs.o}"
        outputs = { o = "o.txt" }
        [stages.after]
        kind    = "command"
        run     = "cp ${inputs.i} ${outputs.o}"
        inputs  = { i = "${stages.gated.o}" }
        outputs = { o = "o.txt" }
        "#,
    );
    make_gate(&project);
    project
}

/// The gate of a project.
pub fn make_gate(project: &Project) {
    assert!(Command::new("mkfifo").arg(project.path("gate")).status().unwrap().success());
}

/// Opens the gate, which waits until somebody is at it.
pub fn open_gate(project: &Project) {
    std::fs::write(project.path("gate"), "go\n").unwrap();
}

/// Waits until the runner says that the stage has started.
pub fn wait_for_start(child: &mut Child, stage: &str) -> BufReader<std::process::ChildStdout> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !(line.contains("stage-started") && line.contains(stage)) {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended before {stage} started");
    }
    lines
}

/// Sends a signal to a run.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn exists(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ")
}

#[test]
fn ctrl_c_ends_stages_and_says_interrupted() {
    let project = gated();
    let mut child = project.start(&[]);
    let mut rest = wait_for_start(&mut child, "gated");
    signal(&child, "INT");
    let mut said = String::new();
    rest.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(said.lines().last().unwrap().contains(r#""status":"interrupted""#), "{said}");
    assert!(project.snapshot(".pipeline/actions").is_empty());
}

#[test]
fn asked_twice_it_kills_a_stage_that_does_not_listen() {
    let project = gated();
    let script = "trap '' TERM; echo $$ > child.pid; read line < gate; echo late > late.txt; cp child.pid $1";
    project.file("gated.sh", script);
    let mut child = project.start(&[]);
    let mut rest = wait_for_start(&mut child, "gated");
    // At the gate, so the trap is set. The gate stays open for writing, so the stage reads on.
    let _gate = std::fs::OpenOptions::new().write(true).open(project.path("gate")).unwrap();
    // Two different signals, since two equal ones may reach a process as one.
    signal(&child, "INT");
    signal(&child, "TERM");
    let mut said = String::new();
    rest.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(!exists(&project.read("child.pid")));
    assert!(!project.path("late.txt").exists());
}

#[test]
fn a_killed_runner_leaves_nothing_to_repair_and_no_orphans() {
    let project = gated();
    let mut child = project.start(&[]);
    wait_for_start(&mut child, "gated");
    signal(&child, "KILL");
    child.wait().unwrap();
    assert!(project.snapshot(".pipeline/actions").is_empty());
    // The next run ends what is left of the first and waits at the gate itself.
    let mut next = project.start(&[]);
    let mut rest = wait_for_start(&mut next, "gated");
    open_gate(&project);
    let mut stdout = String::new();
    rest.read_to_string(&mut stdout).unwrap();
    let ran = testkit::Ran { code: next.wait().unwrap().code(), stdout, stderr: String::new() };
    assert_eq!(ran.ok().executed(), ["after", "gated"]);
    assert_eq!(project.read("late.txt"), "go\n");
    assert!(!exists(&project.read("child.pid")));
    assert_eq!(project.run(&[]).ok().stages_with("fresh"), ["after", "gated"]);
}

#[test]
fn a_training_told_to_stop_is_interrupted_not_failed() {
    let project = project();
    project.file("train.h5", "data").pipeline(TRAINING);
    let mut child = project.command(&["run", "pipelines/p.toml", "--json"]);
    child.env("FAKE_WORKER", "train=wait").stdout(std::process::Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("checkpoint") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "no checkpoint was reported");
    }
    signal(&child, "INT");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(rest.contains(r#""train":{"outcome":"interrupted""#), "{rest}");
    assert_eq!(project.run(&[]).ok().executed(), ["train"]);
}

const TRAINING: &str = r#"
[stages.train]
kind   = "decay-train"
train  = "train.h5"
epochs = 2
lr     = 0.1
model  = { stages = [1], filters = [4, 8] }
"#;

#[test]
fn a_timeout_ends_the_whole_group() {
    let project = gated();
    project.edit("pipelines/p.toml", "[stages.after]", "timeout = \"200ms\"\n[stages.after]");
    let run = project.run(&[]).expect_code(1);
    assert!(run.stdout.contains("timeout"), "{}", run.stdout);
    assert!(!exists(&project.read("child.pid")));
}

#[test]
fn crashes_and_silence_of_a_worker_are_failures_with_a_name() {
    let cases = [
        ("crash", "SIGABRT"),
        ("fail", "told to fail"),
        ("silent", "without saying how"),
        ("incomplete", "did not write its output"),
    ];
    for (behaviour, expected) in cases {
        let project = project();
        project.file("train.h5", "data").pipeline(TRAINING);
        let mut command = project.command(&["run", "pipelines/p.toml", "--json"]);
        command.env("FAKE_WORKER", format!("train={behaviour}"));
        let run = testkit::Ran::from(command.output().unwrap()).expect_code(1);
        assert!(run.stdout.contains(expected), "{behaviour}: {}", run.stdout);
        assert!(project.snapshot(".pipeline/actions").is_empty(), "{behaviour}");
        assert_eq!(project.run(&[]).ok().executed(), ["train"], "{behaviour}");
    }
}

#[test]
fn a_stage_is_tried_again_as_often_as_it_says() {
    let project = project();
    project.pipeline(
        r#"
        [stages.flaky]
        kind = "command"
        run = "sh -c 'echo x >> tries; test $(wc -l < tries) -ge 3 && echo ok > $1' - ${outputs.o}"
        outputs = { o = "o.txt" }
        retries = 2
        "#,
    );
    let run = project.run(&[]).ok();
    assert_eq!(run.stdout.matches("stage-retried").count(), 2);
    assert_eq!(project.read("results/p/flaky/o.txt"), "ok\n");
}
