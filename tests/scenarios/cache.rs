//! What the cache survives: deletion, edits, moves, damage, failures, force (behaviour 5).

use crate::{CHAIN, chain, project};
use std::fs;

#[test]
fn deleted_or_edited_results_are_put_back() {
    let project = chain();
    project.run(&[]).ok();
    let original = project.snapshot("results/p");
    fs::remove_dir_all(project.path("results")).unwrap();
    let restored = project.run(&[]).ok();
    assert_eq!(restored.stages_with("restored").len(), 4);
    assert_eq!(project.snapshot("results/p"), original);
    project.file("results/p/third/count.txt", "edited");
    assert_eq!(project.run(&[]).ok().stages_with("restored"), ["third"]);
    assert_eq!(project.snapshot("results/p"), original);
}

#[test]
fn an_edit_of_a_result_does_not_reach_the_cache() {
    let project = chain();
    project.run(&[]).ok();
    let path = project.path("results/p/apart/apart.txt");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false)]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
    // In place, so that a hard link would carry it into the object.
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, b"!").unwrap();
    drop(file);
    let run = project.run(&[]).ok();
    assert_eq!((run.executed().len(), run.stages_with("restored")), (0, vec!["apart".to_string()]));
    assert_eq!(project.read("results/p/apart/apart.txt"), "other");
}

#[test]
fn the_project_can_be_moved() {
    let mut project = chain();
    project.run(&[]).ok();
    project.move_away();
    let run = project.run(&[]).ok();
    assert_eq!(run.executed(), Vec::<String>::new());
}

#[test]
fn a_damaged_object_is_noticed_and_its_stage_runs_again() {
    let project = chain();
    project.run(&[]).ok();
    fs::remove_dir_all(project.path("results")).unwrap();
    for (path, bytes) in project.snapshot(".pipeline/objects") {
        if bytes == b"other" {
            fs::remove_file(&path).unwrap();
            fs::write(&path, "otheR").unwrap();
        }
    }
    let run = project.run(&[]).ok();
    assert_eq!(run.executed(), ["apart"], "{}", run.stderr);
    assert_eq!(project.read("results/p/apart/apart.txt"), "other");
}

#[test]
fn a_failure_is_never_replayed_and_names_what_it_blocks() {
    let project = chain();
    project.edit("pipelines/p.toml", "head -c 3", "test -e go || exit 7; head -c 3");
    let failed = project.run(&["-j1"]).expect_code(1);
    assert_eq!(failed.stages_with("failed"), ["second"]);
    assert!(failed.stages_with("skipped").contains(&"third".to_string()));
    let said = project.run(&["--keep-going"]).expect_code(1);
    assert_eq!(said.stages_with("failed"), ["second"], "it is tried again");
    assert_eq!(said.stages_with("skipped"), ["third"]);
    assert!(said.stdout.contains("exited with status 7"), "{}", said.stdout);
    project.file("go", "");
    assert_eq!(project.run(&[]).ok().executed(), ["second", "third"]);
}

#[test]
fn a_forced_result_is_the_one_restored_later() {
    let project = project();
    project.pipeline(
        r#"
        [stages.draw]
        kind = "command"
        run = "sh -c 'cat /proc/sys/kernel/random/uuid > $1' - ${outputs.o}"
        outputs = { o = "o.txt" }
        "#,
    );
    project.run(&[]).ok();
    let first = project.read("results/p/draw/o.txt");
    assert_eq!(project.run(&["--force"]).ok().executed(), ["draw"]);
    let second = project.read("results/p/draw/o.txt");
    assert_ne!(first, second);
    fs::remove_dir_all(project.path("results")).unwrap();
    assert_eq!(project.run(&[]).ok().stages_with("restored"), ["draw"]);
    assert_eq!(project.read("results/p/draw/o.txt"), second);
    let runs = project.pipeline_with(&["runs", "--json"]).ok().json();
    let made = |run: &serde_json::Value| {
        let record = project.pipeline_with(&["show", run["run"].as_str().unwrap(), "--json"]).ok().json();
        record["stages"][0]["outputs"]["o"].as_str().unwrap().to_owned()
    };
    let history: Vec<String> = runs["runs"].as_array().unwrap().iter().map(made).collect();
    let digest = |text: &str| store::Digest::of(text.as_bytes()).to_string();
    assert_eq!(history, [digest(&second), digest(&second), digest(&first)], "newest first");
}

#[test]
fn a_stage_without_cache_always_runs_and_stops_there_if_it_yields_the_same() {
    let project = chain();
    project.edit("pipelines/p.toml", "[stages.first]", "[stages.first]\ncache = false");
    project.run(&[]).ok();
    assert_eq!(project.run(&[]).ok().executed(), ["first"]);
}

#[test]
fn a_frozen_stage_keeps_its_result() {
    let project = chain();
    project.run(&[]).ok();
    project.edit("pipelines/p.toml", "[stages.second]", "[stages.second]\nfrozen = true");
    project.file("input.txt", "xyz, and more");
    assert_eq!(project.run(&[]).ok().executed(), ["first"]);
    assert_eq!(project.read("results/p/second/second.txt"), "abcone\n");
}

/// What a run says of a frozen stage is what its result was made with.
#[test]
fn a_frozen_stage_is_recorded_with_the_parameters_of_its_result() {
    let project = chain();
    project.edit("pipelines/p.toml", "[stages.second]", "[stages.second]\nfrozen = true");
    project.run(&[]).ok();
    project.file("other.txt", "changed");
    assert_eq!(project.run(&["--set", "word=two"]).ok().executed(), ["apart"]);
    let shown = project.pipeline_with(&["show", "latest", "--json"]).ok().json();
    assert_eq!(shown["params"]["word"], "two");
    assert_eq!(shown["stages"][1]["params"], serde_json::json!({ "word": "one" }));
}

/// Freezing wins over forcing, and that is said, whether there is other work or not.
#[test]
fn a_frozen_stage_that_is_forced_keeps_its_result_and_says_so() {
    let project = chain();
    project.edit("pipelines/p.toml", "[stages.second]", "[stages.second]\nfrozen = true");
    assert_eq!(
        project.run(&["--force", "second"]).ok().executed().len(),
        4,
        "there is no result to keep yet"
    );
    for (forced, executed) in
        [(&["--force", "second"][..], 0), (&["--force", "second", "--force", "apart"], 1)]
    {
        let ran = project.run(forced).ok();
        assert_eq!(ran.executed().len(), executed);
        let warnings: Vec<_> = ran.events().into_iter().filter(|event| event["event"] == "warning").collect();
        assert_eq!(warnings.len(), 1, "{}", ran.stdout);
        assert!(warnings[0]["message"].as_str().unwrap().contains("`second` is frozen"), "{warnings:?}");
        let plan = project.pipeline_with(&[&["plan", "pipelines/p.toml"], forced].concat()).ok().stdout;
        assert!(plan.contains("frozen, which `--force` respects"), "{plan}");
    }
}

#[test]
fn a_stage_that_leaves_out_an_output_has_failed() {
    let project = project();
    project.pipeline(
        r#"
        [stages.lazy]
        kind = "command"
        run = "true"
        outputs = { o = "o.txt" }
        "#,
    );
    let run = project.run(&[]).expect_code(1);
    assert!(run.stdout.contains("did not write its output `o`"), "{}", run.stdout);
}

#[test]
fn an_input_that_changes_meanwhile_makes_the_result_unrecorded() {
    let project = chain();
    project.edit(
        "pipelines/p.toml",
        "cp ${inputs.text}",
        "sh -c 'cat $1 > $2; test -e done || echo more >> other.txt; touch done' - ${inputs.text}",
    );
    let run = project.run(&["--keep-going"]).expect_code(1);
    assert_eq!(run.stages_with("failed"), ["apart"], "{}", run.stdout);
    assert_eq!(project.run(&[]).ok().executed(), ["apart"]);
    assert_eq!(project.read("results/p/apart/apart.txt"), "othermore\n");
}

#[test]
fn one_job_and_eight_give_the_same() {
    let measured = format!("{CHAIN}{MEASURES}");
    let [one, eight] = ["-j1", "-j8"].map(|jobs| {
        let project = chain();
        project.file("measure.sh", "echo \"{\\\"score\\\": $1}\" > $2");
        project.pipeline(&measured).run(&[jobs]).ok();
        let table = project.pipeline_with(&["compare", "--format", "md"]).ok().stdout;
        let actions: Vec<_> = project.files(".pipeline/actions").into_keys().collect();
        (project.files("results/p"), actions, table)
    });
    assert_eq!(one.1.len(), 4 + 6);
    assert!(one.2.contains("0.6"), "{}", one.2);
    assert_eq!(one, eight);
}

const MEASURES: &str = r#"
[stages.measure]
kind    = "command"
matrix  = { score = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] }
run     = "sh measure.sh ${matrix.score} ${outputs.metrics} ${inputs.text}"
inputs  = { text = "${stages.third.count}", script = "measure.sh" }
outputs = { metrics = "metrics.json" }

[metrics]
"measure.score" = { goal = "max" }
"#;
