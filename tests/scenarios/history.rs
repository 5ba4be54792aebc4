//! Runs at work and runs that are over: `logs`, `runs`, `show`.

use crate::{chain, project};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

#[test]
fn the_log_of_a_stage_that_did_not_run_is_that_of_its_execution() {
    let project = project();
    project.pipeline(
        "[stages.old]\nkind = 'command'\nrun = '''sh -c 'echo said once; echo x > $1' - ${outputs.o}'''\n\
         outputs = { o = 'o.txt' }\n",
    );
    project.run(&[]).ok();
    std::fs::remove_dir_all(project.path("results")).unwrap();
    project.edit("pipelines/p.toml", "stages.old", "stages.new");
    assert_eq!(project.run(&[]).ok().stages_with("restored"), ["new"]);
    for arguments in [&["logs", "latest", "new"][..], &["logs", "latest", "new", "--follow"]] {
        assert_eq!(project.pipeline_with(arguments).ok().stdout, "said once\n");
    }
    let unknown = project.pipeline_with(&["logs", "latest", "old"]).expect_code(2);
    assert!(unknown.stderr.contains("its stages are new"), "{}", unknown.stderr);
}

#[test]
fn a_log_can_be_followed_before_its_stage_starts_and_to_its_end() {
    let project = project();
    project.file("content", "x").pipeline(
        r#"
        [stages.first]
        kind = "command"
        run = "sh -c 'read line < gate1; cp content $1' - ${outputs.o}"
        outputs = { o = "o.txt" }
        [stages.second]
        kind = "command"
        run = "sh -c 'echo begins; read line < gate2; echo ends; cp $1 $2' - ${inputs.i} ${outputs.o}"
        inputs = { i = "${stages.first.o}" }
        outputs = { o = "o.txt" }
        [stages.third]
        kind = "command"
        run = "sh -c 'read line < gate3; cp $1 $2' - ${inputs.i} ${outputs.o}"
        inputs = { i = "${stages.second.o}" }
        outputs = { o = "o.txt" }
        "#,
    );
    let gates = ["gate1", "gate2", "gate3"].map(|gate| project.path(gate));
    assert!(Command::new("mkfifo").args(&gates).status().unwrap().success());
    let open = |gate: usize| std::fs::write(&gates[gate], "go\n").unwrap();

    let mut run = project.start(&[]);
    let mut events = BufReader::new(run.stdout.take().unwrap());
    events.read_line(&mut String::new()).unwrap();
    let not_yet = project.pipeline_with(&["logs", "latest", "second"]).expect_code(2);
    assert!(not_yet.stderr.contains("has not started"), "{}", not_yet.stderr);
    let follow = &["logs", "latest", "second", "-f"];
    let mut follow = project.command(follow).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap());
    open(0);
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "begins\n");
    open(1);
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "ends\n");
    // The run itself is still at work: the third stage waits at its gate.
    assert!(follow.wait().unwrap().success());
    open(2);
    std::io::copy(&mut events, &mut std::io::sink()).unwrap();
    assert!(run.wait().unwrap().success());
}

#[test]
fn runs_can_be_filtered() {
    let project = chain();
    project.run(&[]).ok();
    project.run(&["--set", "word=two"]).ok();
    project.file("pipelines/q.toml", "[stages.s]\nkind = 'command'\nrun = 'false'\n");
    project.pipeline_with(&["run", "pipelines/q.toml"]).expect_code(1);
    let count = |arguments: &[&str]| {
        let all = [&["runs", "--json"], arguments].concat();
        project.pipeline_with(&all).ok().json()["runs"].as_array().unwrap().len()
    };
    for (arguments, expected) in [
        (&[][..], 3),
        (&["p"], 2),
        (&["pipelines/p.toml"], 2),
        (&["?"], 3),
        (&["z*"], 0),
        (&["--status", "succeeded"], 2),
        (&["--status", "failed", "--status", "succeeded"], 3),
        (&["-n", "1"], 1),
        (&["--since", "1h"], 3),
        (&["--since", "2100-01-01"], 0),
    ] {
        assert_eq!(count(arguments), expected, "{arguments:?}");
    }
    project.pipeline_with(&["runs", "--since", "yesterday"]).expect_code(2);
}

#[test]
fn kept_runs_outlast_a_collection_and_are_not_removed() {
    let project = chain();
    project.run(&[]).ok();
    let first =
        project.pipeline_with(&["runs", "--json"]).ok().json()["runs"][0]["run"].as_str().unwrap().to_owned();
    project.pipeline_with(&["runs", "keep", "latest", "--note", "for the paper"]).ok();
    project.run(&["--set", "word=two"]).ok();
    let objects = project.snapshot(".pipeline/objects").len();
    project.pipeline_with(&["gc"]).ok();
    assert_eq!(
        project.snapshot(".pipeline/objects").len(),
        objects,
        "the first run is kept, the second the newest"
    );
    let kept = project.pipeline_with(&["runs", "--kept", "--json"]).ok().json();
    assert_eq!(
        (&kept["runs"][0]["run"], &kept["runs"][0]["note"]),
        (&first.as_str().into(), &"for the paper".into())
    );
    assert!(project.pipeline_with(&["runs"]).ok().stdout.contains("for the paper"));
    assert!(project.pipeline_with(&["show", &first]).ok().stdout.contains("for the paper"));
    let refused = project.pipeline_with(&["runs", "rm", &first]).expect_code(2).stderr;
    assert!(refused.contains("is kept") && refused.contains("unkeep"), "{refused}");

    project.pipeline_with(&["runs", "unkeep", &first]).ok();
    let would = project.pipeline_with(&["gc", "--dry-run", "--json"]).ok().json();
    let removed = project.pipeline_with(&["gc", "--json"]).ok().json();
    assert!(!removed["removed"].as_array().unwrap().is_empty());
    assert_eq!(would["removed"], removed["removed"]);
    project.pipeline_with(&["runs", "rm", &first]).ok();
    assert_eq!(project.pipeline_with(&["runs", "--json"]).ok().json()["runs"].as_array().unwrap().len(), 1);
    project.pipeline_with(&["show", &first]).expect_code(2);
    project.pipeline_with(&["runs", "rm", "latest", "nobody"]).expect_code(2);
    assert_eq!(project.pipeline_with(&["runs", "--json"]).ok().json()["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn two_runs_are_held_against_each_other() {
    let project = chain();
    project.run(&[]).ok();
    project.file("other.txt", "changed");
    project.run(&["--set", "word=two"]).ok();
    let ids: Vec<String> = project.pipeline_with(&["runs", "--json"]).ok().json()["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["run"].as_str().unwrap().to_owned())
        .collect();
    let diff = project.pipeline_with(&["show", "--diff", &ids[1], &ids[0], "--json"]).ok().json();
    let differences = diff["differences"].as_array().unwrap();
    let find = |section: &str, name: &str| {
        differences.iter().find(|entry| entry["section"] == section && entry["name"] == name)
    };
    let word = find("set", "params.word").unwrap();
    assert_eq!((&word["a"], &word["b"]), (&"one".into(), &"two".into()));
    assert!(find("set", "second.word").is_some() && find("input", "apart.text").is_some(), "{diff}");
    assert!(find("input", "first.text").is_none() && find("with", "host").is_none(), "{diff}");
    let text = project.pipeline_with(&["show", "--diff", &ids[1], "latest"]).ok().stdout;
    assert!(text.contains("params.word") && text.contains(&ids[1]), "{text}");
    let same = project.pipeline_with(&["show", "--diff", "latest", "latest"]).ok();
    assert!(same.stderr.contains("no differences"), "{}", same.stderr);
}

#[test]
fn what_failed_in_one_of_two_runs_is_told() {
    let project = chain();
    project.run(&[]).ok();
    project.edit("pipelines/p.toml", "wc -c < $1 > $2", "echo no such luck >&2; exit 3");
    project.run(&[]).expect_code(1);
    let latest = project.pipeline_with(&["runs", "--json"]).ok().json();
    let ids = [1, 0].map(|at: usize| latest["runs"][at]["run"].as_str().unwrap().to_owned());
    let diff = project.pipeline_with(&["show", "--diff", &ids[0], &ids[1], "--json"]).ok().json();
    let differences = diff["differences"].as_array().unwrap();
    let ends: Vec<&Value> = differences.iter().filter(|entry| entry["section"] == "end").collect();
    let [status, outcome, error] = ends[..] else { panic!("{diff}") };
    assert_eq!(
        (&status["name"], &status["a"], &status["b"]),
        (&json!("status"), &json!("succeeded"), &json!("failed"))
    );
    assert_eq!((&outcome["name"], &outcome["b"]), (&json!("third.outcome"), &json!("failed")));
    assert!(error["a"].is_null() && error["b"].as_str().unwrap().contains('3'), "{error}");
    let text = project.pipeline_with(&["show", "--diff", &ids[0], &ids[1]]).ok().stdout;
    assert!(text.contains("third.outcome") && text.contains("failed"), "{text}");
}

#[test]
fn show_says_which_run_a_restored_result_is_from() {
    let project = chain();
    project.run(&[]).ok();
    let first =
        project.pipeline_with(&["show", "latest", "--json"]).ok().json()["id"].as_str().unwrap().to_owned();
    std::fs::remove_dir_all(project.path("results")).unwrap();
    project.run(&[]).ok();
    let shown = project.pipeline_with(&["show", "latest", "--json"]).ok().json();
    assert_eq!(shown["stages"][0]["made_by"], first.as_str());
    assert!(project.pipeline_with(&["show", "latest"]).ok().stdout.contains(&first));
}

#[test]
fn every_run_is_exported_as_one_json_object_a_line() {
    let project = chain();
    assert_eq!(project.pipeline_with(&["export"]).ok().stdout, "");
    project.run(&[]).ok();
    project.run(&["--set", "word=two"]).ok();
    let lines = project.pipeline_with(&["export"]).ok().events();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["overrides"]["word"], "two");
    assert_eq!(lines[1]["stages"][1]["outcome"], "executed");
    project.pipeline_with(&["export", "p", "--out", "runs.jsonl"]).ok();
    assert_eq!(project.read("runs.jsonl").lines().count(), 2);
    project.pipeline_with(&["export", "nobody"]).expect_code(2);
}

/// A record that is lost is not lost in silence.
#[test]
fn a_damaged_record_is_told_and_verified() {
    let project = chain();
    project.run(&[]).ok();
    project.run(&["--set", "word=two"]).ok();
    assert!(project.pipeline_with(&["runs"]).ok().stderr.is_empty());
    let whole = project.pipeline_with(&["verify", "--json"]).ok().json();
    assert_eq!(whole["records"], 2 + 1 + 1, "two runs, what is latest, what is settled: {whole}");

    let runs = project.pipeline_with(&["runs", "--json"]).ok().json();
    let id = runs["runs"][1]["run"].as_str().unwrap().to_owned();
    project.file(&format!(".pipeline/runs/{id}/run.json"), "garbage");
    for command in [&["runs"][..], &["compare"], &["runs", "--json"]] {
        let told = project.pipeline_with(command).ok().stderr;
        assert_eq!((told.lines().count(), told.contains(&id)), (1, true), "{command:?}: {told}");
    }
    let shown = project.pipeline_with(&["verify"]).expect_code(1);
    assert!(shown.stdout.contains(&format!("{id}/run.json is damaged")), "{}", shown.stdout);
    assert!(shown.stderr.contains("hint: "), "{}", shown.stderr);

    project.file(".pipeline/latest/p.json", "garbage");
    project.file(".pipeline/settled/p.json", "garbage");
    project.file(".pipeline/checkpoints/abc.checkpoint", "pipeline checkpoint 1\ngarbage");
    project.file(".pipeline/checkpoints/abd.checkpoint", "pipeline checkpoint 2\nof a newer version");
    let damage = project.pipeline_with(&["verify", "--json"]).expect_code(1).json();
    assert_eq!(damage["damaged_records"].as_array().unwrap().len(), 3, "{damage}");
    assert_eq!(damage["damaged_checkpoints"].as_array().unwrap().len(), 1, "{damage}");
}

#[test]
fn tables_that_were_removed_come_back_with_a_run_that_has_nothing_to_do() {
    let project = chain();
    project.run(&[]).ok();
    let check = |way: &str| {
        for file in ["results/table.md", "results/table.csv"] {
            let table = project.read(file);
            std::fs::remove_file(project.path(file)).unwrap();
            assert!(project.run(&[]).ok().executed().is_empty());
            assert!(project.path(file).exists(), "{file} the {way} way");
            assert_eq!(project.read(file), table);
        }
    };
    check("short");
    // Without that, every stage is judged.
    std::fs::remove_file(project.path(".pipeline/settled/p.json")).unwrap();
    check("long");
}
