//! What people get.

use crate::project::{FILE, Project};
use insta::assert_snapshot;

#[test]
fn a_run_tells_what_it_did_and_shows_the_table() {
    let project = Project::new();
    let outcome = project.pipeline(&["run", FILE]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "stdout is for data");
    for text in ["executed words", "executed score", "2 executed in", "published", "90.00 %"] {
        assert!(outcome.stderr.contains(text), "no `{text}` in {}", outcome.stderr);
    }
    let again = project.pipeline(&["run", FILE]);
    assert!(again.stderr.starts_with("0 executed, 2 fresh, nothing to do\n"), "{}", again.stderr);
    assert!(again.stderr.contains("90.00 %"), "the table is shown again: {}", again.stderr);
}

#[test]
fn tables_are_kept_by_runs_that_did_something() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    let table = project.path().join("results/table.md");
    let text = std::fs::read_to_string(&table).unwrap();
    assert!(text.contains("| words") && text.contains("| published"), "{text}");
    std::fs::write(&table, "edited").unwrap();
    project.succeed(&["run", FILE]);
    assert_eq!(std::fs::read_to_string(&table).unwrap(), "edited", "nothing changed, nothing written");
    project.succeed(&["run", FILE, "--set", "lr=0.3"]);
    assert!(std::fs::read_to_string(&table).unwrap().contains("30.00 %"));
}

#[test]
fn plan_and_explain_say_why() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    project.replace(FILE, "lr = 0.1", "lr = 0.05");
    assert_snapshot!(project.succeed(&["plan", FILE]));
    assert_eq!(project.succeed(&["explain", FILE, "score"]), "score is stale: lr was 0.1 and is now 0.05\n");
    project.write("text.txt", "other\n");
    let explained = project.succeed(&["explain", FILE]);
    assert!(explained.contains("words is stale: the content of input text has changed ("), "{explained}");
    assert!(explained.contains("score is pending: "), "{explained}");
}

#[test]
fn force_takes_a_stage_or_none() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    for (arguments, executed) in [
        (&["run", "--force", FILE][..], "2 executed"),
        (&["run", FILE, "--force"], "2 executed"),
        (&["run", FILE, "--force", "score"], "1 executed, 1 fresh"),
        (&["run", "--force", "score", FILE], "1 executed, 1 fresh"),
    ] {
        let outcome = project.pipeline(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(executed), "{arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn several_files_run_one_after_the_other() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.path().join(FILE)).unwrap();
    project.write("pipelines/more.toml", &text.replace("lr = 0.1", "lr = 0.7"));
    let outcome = project.pipeline(&["run", FILE, "pipelines/more.toml"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let table = project.succeed(&["compare"]);
    assert!(table.contains("10.00 %") && table.contains("* 70.00 %"), "{table}");
}

#[test]
fn graphs_are_drawn_in_three_forms() {
    let project = Project::new();
    project.write(
        "pipelines/grid.toml",
        r#"
[stages.one]
kind = "command"
matrix = { seed = [1, 2] }
run = "sh -c 'echo ${matrix.seed} > ${outputs.number}'"
outputs = { number = "number" }
[stages.sum]
kind = "command"
run = "cat ${inputs.numbers}"
inputs = { numbers = "${stages.one.number}" }
[stages.last]
kind = "command"
run = "true"
after = ["sum"]
"#,
    );
    let graph =
        |arguments: &[&str]| project.succeed(&[&["graph", "pipelines/grid.toml"], arguments].concat());
    assert_snapshot!("graph_text", graph(&[]));
    assert_snapshot!("graph_cells", graph(&["--cells"]));
    assert_snapshot!("graph_dot", graph(&["--format", "dot"]));
    assert_snapshot!("graph_mermaid", graph(&["--format", "mermaid"]));
}

#[test]
fn compare_writes_files_in_every_form() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    for (format, beginning) in [
        ("csv", "experiment,kind,runs"),
        ("md", "| experiment"),
        ("json", "{"),
        ("html", "<!doctype html>"),
        ("table", "experiment"),
    ] {
        let out = format!("table.{format}");
        assert_eq!(project.succeed(&["compare", "--format", format, "--out", &out]), "");
        let written = std::fs::read_to_string(project.path().join(&out)).unwrap();
        assert!(written.starts_with(beginning), "{format}: {written}");
        assert_eq!(project.succeed(&["compare", "--format", format]), written);
    }
}

#[test]
fn show_tells_a_run_as_it_was_told() {
    let project = Project::new();
    let live = project.pipeline(&["run", FILE]).stderr;
    let shown = project.succeed(&["show", "latest", "--verbose"]);
    for line in live.lines().take_while(|line| !line.contains("2 executed")) {
        assert!(shown.contains(line), "no `{line}` in {shown}");
    }
    assert!(shown.contains("score.accuracy  0.1"), "{shown}");
    assert!(shown.contains("params    lr=0.1"), "{shown}");
    assert!(shown.contains("score with  lr=0.1"), "what the stage was run with: {shown}");
}

#[test]
fn logs_are_found_for_runs_that_restored_them() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    std::fs::remove_dir_all(project.path().join("results")).unwrap();
    let restored = project.pipeline(&["run", FILE]).stderr;
    assert!(restored.contains("0 executed, 2 restored in"), "{restored}");
    assert_eq!(project.succeed(&["logs", "latest", "score"]), "scoring\n");
    assert_eq!(project.succeed(&["logs", "latest", "score", "--follow"]), "scoring\n");
}

#[test]
fn verify_reads_everything_and_names_what_is_damaged() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    let whole = project.pipeline(&["verify"]);
    assert_eq!((whole.code, whole.stdout.as_str()), (0, ""), "{}", whole.stderr);
    let object = some_object(project.path());
    let mut permissions = std::fs::metadata(&object).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    std::fs::set_permissions(&object, permissions).unwrap();
    std::fs::write(&object, "damaged").unwrap();
    let damaged = project.pipeline(&["verify"]);
    assert_eq!(damaged.code, 1);
    assert!(damaged.stdout.contains("is damaged; moved to"), "{}", damaged.stdout);
    assert!(damaged.stdout.contains("is missing"), "{}", damaged.stdout);
}

fn some_object(root: &std::path::Path) -> std::path::PathBuf {
    let first = |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    first(&first(&root.join(".pipeline/objects")))
}

#[test]
fn gc_removes_exactly_what_it_lists() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    project.succeed(&["run", FILE, "--set", "lr=0.2"]);
    let listed = project.pipeline(&["gc", "--dry-run", "--json"]).json();
    assert_eq!(project.pipeline(&["gc", "--dry-run", "--json"]).json(), listed, "a dry run changes nothing");
    let removed = project.pipeline(&["gc", "--json"]).json();
    assert_eq!(removed["removed"], listed["removed"]);
    let kinds: Vec<&str> =
        removed["removed"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["action", "object"], "score of lr = 0.1, and its metrics");

    let plan =
        |set: &str| project.pipeline(&["plan", FILE, "--set", set, "--json"]).json()["stages"][1].clone();
    assert_eq!(plan("lr=0.2")["verdict"], "fresh", "the newest run is kept");
    assert_eq!(plan("lr=0.1")["verdict"], "stale");
}

#[test]
fn the_schema_is_json_that_names_every_kind() {
    let schema = Project::new().pipeline(&["schema"]);
    let text = schema.json().to_string();
    for kind in ["command", "dataset", "decay-train", "evaluate"] {
        assert!(text.contains(&format!("\"{kind}\"")), "{kind}");
    }
}

#[test]
fn doctor_fails_without_a_worker() {
    let project = Project::new();
    let doctor = |worker: &str| project.command(&["doctor"]).env("PIPELINE_WORKER", worker).output().unwrap();
    let lacking = doctor("/nowhere/pipeline-worker");
    assert_eq!(lacking.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&lacking.stderr).contains("hint: "));
    let script = r#"[ "$1" = info ] && echo '{"libtorch": "2.13", "cuda": null, "devices": ["cpu"]}'"#;
    project.write("worker", &format!("#!/bin/sh\n{script}\n"));
    let worker = project.path().join("worker");
    std::fs::set_permissions(&worker, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let found = doctor(worker.to_str().unwrap());
    assert_eq!(found.status.code(), Some(0), "{}", String::from_utf8_lossy(&found.stdout));
    assert!(String::from_utf8_lossy(&found.stdout).contains("worker    libtorch 2.13"));
}
