//! What a collection keeps and takes, and that its dry run says so (behaviour 11).

use crate::chain;
use serde_json::Value;
use testkit::Project;

/// What would go, each as kind and name.
fn removed(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let removed = report["removed"].as_array().unwrap();
    removed.iter().map(|item| (text(&item["kind"]), text(&item["name"]))).collect()
}

/// The names of the files in a folder of the store, without their endings.
fn names(project: &Project, folder: &str) -> Vec<String> {
    let files = project.files(&format!(".pipeline/{folder}")).into_keys();
    files.map(|path| path.with_extension("").to_str().unwrap().replace('/', "")).collect()
}

#[test]
fn a_dry_run_lists_exactly_what_then_goes() {
    let project = chain();
    for word in ["one", "two", "three"] {
        project.run(&["--set", &format!("word={word}")]).ok();
    }
    project.edit("pipelines/p.toml", "cp ${inputs", "false ${inputs");
    project.run(&[]).expect_code(1);
    let before = [names(&project, "actions"), names(&project, "objects"), names(&project, "stages")];
    let said = removed(&project.pipeline_with(&["gc", "--dry-run", "--json"]).ok().json());
    assert_eq!(
        before,
        ["actions", "objects", "stages"].map(|folder| names(&project, folder)),
        "nothing goes"
    );
    let done = removed(&project.pipeline_with(&["gc", "--json"]).ok().json());
    assert_eq!(said, done);
    let gone = |folder: &str, before: &[String]| -> Vec<String> {
        let left = names(&project, folder);
        before.iter().filter(|name| !left.contains(name)).cloned().collect()
    };
    let listed = |kind: &str| -> Vec<String> {
        said.iter().filter(|(found, _)| found == kind).map(|(_, name)| name.clone()).collect()
    };
    assert_eq!(listed("action"), gone("actions", &before[0]));
    assert_eq!(listed("object"), gone("objects", &before[1]));
    assert!(!listed("action").is_empty() && !listed("object").is_empty());
    assert_eq!(removed(&project.pipeline_with(&["gc", "--json"]).ok().json()), [], "nothing is left to go");
}

#[test]
fn the_newest_run_of_each_pipeline_is_kept_and_older_ones_go() {
    let project = chain();
    project.run(&["--set", "word=old"]).ok();
    project.run(&[]).ok();
    project.file("pipelines/q.toml", project.read("pipelines/p.toml").replace("\"one\"", "\"other\""));
    project.pipeline_with(&["run", "pipelines/q.toml"]).ok();
    project.pipeline_with(&["gc"]).ok();
    std::fs::remove_dir_all(project.path("results")).unwrap();
    assert_eq!(project.run(&[]).ok().stages_with("restored").len(), 4);
    let other = project.pipeline_with(&["run", "pipelines/q.toml", "--json"]).ok();
    assert_eq!(other.stages_with("restored").len(), 4);
    assert_eq!(project.run(&["--set", "word=old"]).ok().executed(), ["second", "third"]);
}

/// A run that finds everything in place is the newest one too, though it executes nothing.
#[test]
fn what_a_run_found_in_place_is_kept() {
    let project = chain();
    project.edit("pipelines/p.toml", "echo $2 >> $3", "echo same >> $3");
    project.run(&[]).ok();
    project.run(&["--set", "word=two"]).ok();
    assert!(project.run(&[]).ok().outcomes().values().all(|outcome| outcome == "fresh"));
    project.pipeline_with(&["gc"]).ok();
    assert!(project.run(&[]).ok().outcomes().values().all(|outcome| outcome == "fresh"));
}

/// The ids of all runs whose experiments begin like this.
fn runs_of(project: &Project, variant: bool) -> Vec<String> {
    let listed = project.pipeline_with(&["runs", "--json"]).ok().json();
    let wanted = |run: &&Value| run["variant"].is_string() == variant;
    let runs = listed["runs"].as_array().unwrap().iter().filter(wanted);
    runs.map(|run| run["run"].as_str().unwrap().to_owned()).collect()
}

/// The last that is known of an experiment goes with its last run; what another one has a run for stays.
#[test]
fn experiments_without_a_run_on_record_are_forgotten() {
    let project = chain();
    project.run(&["--set", "word=two,three"]).ok();
    project.run(&[]).ok();
    let swept = runs_of(&project, true);
    assert_eq!(swept.len(), 2);
    project.pipeline_with(&["runs", "rm", &swept[0]]).ok();
    project.pipeline_with(&["gc"]).ok();
    assert_eq!(names(&project, "latest").len(), 2, "one of the sweep, and the pipeline itself");
    project.pipeline_with(&["runs", "rm", &swept[1]]).ok();

    let said = removed(&project.pipeline_with(&["gc", "--dry-run", "--json"]).ok().json());
    let done = removed(&project.pipeline_with(&["gc", "--json"]).ok().json());
    assert_eq!(said, done);
    let count = |kind: &str| done.iter().filter(|(found, _)| found == kind).count();
    assert_eq!((count("forgotten"), count("action")), (1, 2), "`second` and `third` with word=two: {done:?}");
    assert_eq!(names(&project, "latest"), ["p"]);
    std::fs::remove_dir_all(project.path("results/p")).unwrap();
    assert_eq!(project.run(&[]).ok().stages_with("restored").len(), 4, "what has a run is untouched");

    for run in runs_of(&project, false) {
        project.pipeline_with(&["runs", "rm", &run]).ok();
    }
    project.pipeline_with(&["gc"]).ok();
    assert!(project.run(&[]).ok().executed().is_empty(), "its file is still there");
    std::fs::remove_file(project.path("pipelines/p.toml")).unwrap();
    project.pipeline_with(&["gc"]).ok();
    for folder in ["latest", "settled", "actions", "objects"] {
        assert_eq!(names(&project, folder), Vec::<String>::new(), "{folder}");
    }
}

/// A record that cannot be read may be of any experiment, so none is forgotten.
#[test]
fn nothing_is_forgotten_while_a_record_cannot_be_read() {
    let project = chain();
    project.run(&[]).ok();
    let run = runs_of(&project, false).remove(0);
    project.file(&format!(".pipeline/runs/{run}/run.json"), "garbage");
    let collected = project.pipeline_with(&["gc", "--json"]).ok();
    assert_eq!(removed(&collected.json()), []);
    assert!(collected.stderr.contains(&run), "{}", collected.stderr);
    std::fs::remove_dir_all(project.path("results/p")).unwrap();
    assert_eq!(project.run(&[]).ok().stages_with("restored").len(), 4);
}

/// A stage that waits at a gate, after another that is done.
fn at_a_gate() -> (Project, std::process::Child) {
    let project = crate::project();
    project.file("input.txt", "text").pipeline(
        r#"
        [stages.one]
        kind = "command"
        run = "cp ${inputs.i} ${outputs.o}"
        inputs = { i = "input.txt" }
        outputs = { o = "o.txt" }
        [stages.two]
        kind = "command"
        run = "sh -c 'echo there > arrived; read line < gate; cat $1 > $2' - ${inputs.i} ${outputs.o}"
        inputs = { i = "${stages.one.o}" }
        outputs = { o = "o.txt" }
        "#,
    );
    for fifo in ["gate", "arrived"] {
        let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(rustix::fs::CWD, project.path(fifo), kind, mode, 0).unwrap();
    }
    let run = project.start(&[]);
    assert_eq!(project.read("arrived"), "there\n");
    (project, run)
}

/// Its folder and its inputs stay, whatever a collection thinks of them.
#[test]
fn a_stage_at_work_keeps_what_it_reads() {
    let (project, run) = at_a_gate();
    let said = removed(&project.pipeline_with(&["gc", "--dry-run", "--json"]).ok().json());
    let done = removed(&project.pipeline_with(&["gc", "--json"]).ok().json());
    assert_eq!((&said, &said), (&done, &vec![]));
    std::fs::write(project.path("gate"), "go\n").unwrap();
    testkit::Ran::from(run.wait_with_output().unwrap()).ok();
    assert_eq!(project.read("results/p/two/o.txt"), "text");
}

/// A run that was killed is the newest one though it has filed no outcome.
#[test]
fn what_a_killed_run_has_recorded_is_kept() {
    let (project, mut run) = at_a_gate();
    run.kill().unwrap();
    run.wait().unwrap();
    project.pipeline_with(&["gc"]).ok();
    std::fs::remove_file(project.path("arrived")).unwrap();
    std::fs::remove_file(project.path("gate")).unwrap();
    project.file("gate", "go\n");
    assert_eq!(project.run(&[]).ok().executed(), ["two"]);
}
