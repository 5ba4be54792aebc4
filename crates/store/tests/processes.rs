//! Several processes, and killed ones.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Project, child, digest, files_below, gc, made, output, role, work};
use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Stdio},
    thread,
};
use store::{ActionRecord, Begin, Roots, Store, verify};

/// Produces `key` unless it is there, and notes each execution in `executions`.
fn produce_once(store: &Store, project: &Path, key: &str) -> ActionRecord {
    let claim = match store.begin(&digest(key)).unwrap() {
        Begin::Done(action) => return *action,
        Begin::Work(claim) => claim,
    };
    let mut executions =
        OpenOptions::new().create(true).append(true).open(project.join("executions")).unwrap();
    writeln!(executions, "{key}").unwrap();
    let path = claim.directory().join("out");
    assert_eq!(files_below(claim.directory()), Vec::<String>::new(), "nobody else works here");
    fs::write(&path, key).unwrap();
    claim.commit(made(path)).unwrap()
}

fn keys() -> impl Iterator<Item = String> {
    (0..40).map(|number| format!("key {number}"))
}

fn assert_each_was_executed_once(project: &Project) {
    let mut executions: Vec<String> =
        fs::read_to_string(project.path("executions")).unwrap().lines().map(str::to_owned).collect();
    executions.sort();
    let mut expected: Vec<String> = keys().collect();
    expected.sort();
    assert_eq!(executions, expected);
    assert!(verify(&project.store).unwrap().is_whole());
}

#[test]
fn threads_that_want_the_same_keys_execute_each_once() {
    let project = Project::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                keys().for_each(|key| drop(produce_once(&project.store, &project.path(""), &key)));
            });
        }
    });
    assert_each_was_executed_once(&project);
}

#[test]
fn processes_that_want_the_same_keys_execute_each_once() {
    if let Some((_, project, store)) = role() {
        keys().for_each(|key| {
            let action = produce_once(&store, &project, &key);
            store.place(output(&action), &project.join("results").join(&key)).unwrap();
        });
        return store.save_index().unwrap();
    }
    let project = Project::new();
    let name = "processes_that_want_the_same_keys_execute_each_once";
    let start = || child(name, "produce", &project.path("")).stdout(Stdio::null()).spawn().unwrap();
    for mut process in [start(), start(), start()] {
        assert!(process.wait().unwrap().success());
    }
    assert_each_was_executed_once(&project);
    assert_eq!(files_below(&project.path("results")).len(), keys().count());
}

/// Starts a process in a role and waits until it has printed `lines` lines of its own.
fn start_and_wait(name: &str, role: &str, project: &Path, lines: usize) -> Child {
    let mut process = child(name, role, project).stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(process.stdout.as_mut().unwrap());
    let seen =
        output.lines().map(Result::unwrap).filter(|line| line.starts_with("at work")).take(lines).count();
    assert_eq!(seen, lines);
    process
}

#[test]
fn a_key_is_free_once_its_holder_is_killed_and_a_collection_spares_it_until_then() {
    if let Some((_, _, store)) = role() {
        let claim = work(&store, "key");
        claim.needs(&[store.action(&digest("input")).map(|action| output(&action).digest).unwrap()]).unwrap();
        fs::write(claim.directory().join("half"), "half done").unwrap();
        println!("\nat work");
        loop {
            thread::park();
        }
    }
    let project = Project::new();
    let input = project.produce_file("input", "data");
    let name = "a_key_is_free_once_its_holder_is_killed_and_a_collection_spares_it_until_then";
    let mut process = start_and_wait(name, "hold", &project.path(""), 1);
    let checkpoint = project.store.root().join("checkpoints/of the training at work");
    fs::create_dir_all(checkpoint.parent().unwrap()).unwrap();
    fs::write(&checkpoint, "weights").unwrap();

    assert!(project.store.try_begin(&digest("key")).unwrap().is_none());
    assert_eq!(project.store.abandoned_stages(), []);
    let half = project.store.stage_directory(&digest("key")).join("half");
    gc(&project.store, &Roots::default(), false).unwrap();
    assert!(half.exists() && checkpoint.exists());
    assert!(project.store.has_object(&output(&input).digest), "the stage at work reads it");
    assert_eq!(project.store.action(&digest("input")), None, "but its record is needed by nobody");

    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(project.store.abandoned_stages(), [digest("key")]);
    gc(&project.store, &Roots::default(), false).unwrap();
    assert!(!half.exists() && !checkpoint.exists());
    assert!(!project.store.has_object(&output(&input).digest));
    assert_eq!(files_below(&project.store.root().join("in-use")), Vec::<String>::new());
    assert_eq!(project.produce_file("key", "hello"), project.store.action(&digest("key")).unwrap());
}

#[test]
fn a_kill_at_any_moment_needs_no_repair() {
    if let Some((role, project, store)) = role() {
        for number in 0.. {
            let action = produce_once(&store, &project, &format!("{role} {number}"));
            store.place(output(&action), &project.join(format!("results/{role}/{number}"))).unwrap();
            store.save_index().unwrap();
            println!("\nat work");
        }
    }
    let project = Project::new();
    let name = "a_kill_at_any_moment_needs_no_repair";
    for round in 0..12 {
        // It goes on while this process acts on what it printed, so each round ends at another point of
        // its work.
        let role = format!("round {round}");
        let mut process = start_and_wait(name, &role, &project.path(""), 1 + round % 3);
        process.kill().unwrap();
        process.wait().unwrap();
        let store = Store::open(&project.path("")).unwrap();
        let report = verify(&store).unwrap();
        assert!(report.is_whole(), "{report:?}");
        assert_eq!(store.take_warnings(), Vec::<String>::new());
        for number in 0..3 + round {
            let action = produce_once(&store, &project.path(""), &format!("{role} {number}"));
            let result = project.path(&format!("results/{role}/{number}"));
            store.place(output(&action), &result).unwrap();
            assert_eq!(fs::read_to_string(result).unwrap(), format!("{role} {number}"));
        }
    }
    assert_eq!(
        project.store.abandoned_stages().len(),
        files_in_stages(&project),
        "only killed stages left a folder"
    );
    gc(&project.store, &Roots { younger_than: Some(std::time::Duration::MAX), ..Roots::default() }, false)
        .unwrap();
    assert_eq!(files_below(&project.store.root().join("tmp")), Vec::<String>::new());
}

fn files_in_stages(project: &Project) -> usize {
    fs::read_dir(project.store.root().join("stages")).unwrap().count()
}
