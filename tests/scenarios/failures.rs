//! What is said of a stage that failed: the signal, the end of its log, and a command that really repeats it.

use crate::project;
use std::process::Command;
use testkit::Project;

/// A project with one stage of this command and these fields.
fn one(run: &str, fields: &str) -> Project {
    let project = project();
    project.pipeline(&format!("[stages.s]\nkind = 'command'\nrun = '''{run}'''\n{fields}\n"));
    project
}

/// The command line that a run offers for its last failed stage.
fn repeat(ran: &testkit::Ran) -> String {
    let events = ran.events();
    let failed = events.iter().rfind(|event| event["outcome"] == "failed").unwrap();
    let line = failed["hints"].as_array().unwrap().last().unwrap().as_str().unwrap();
    line.strip_prefix("repeat it with: ").unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn the_command_of_the_hint_repeats_the_stage_from_anywhere() {
    let script = "echo $$NEEDED $$CUDA_VISIBLE_DEVICES $$(cat ${inputs.i}) > ${outputs.o}; exit 7";
    let fields = "shell = true\nenv = ['NEEDED']\nresources = { gpus = 1 }\ninputs = { i = 'input.txt' }\n\
                  outputs = { o = 'o.txt' }";
    let project = one(script, fields);
    project.file("input.txt", "content");
    let file = project.path("pipelines/p.toml");
    for folder in [project.root().to_owned(), "/".into()] {
        let mut command = project.command(&["run", file.to_str().unwrap(), "--json"]);
        command.env("NEEDED", "two words").env("PIPELINE_GPUS", "4").current_dir(&folder);
        let line = repeat(&testkit::Ran::from(command.output().unwrap()).expect_code(1));
        let written = project.snapshot(".pipeline/stages");
        assert_eq!(String::from_utf8_lossy(&written[0].1), "two words 4 content\n");
        std::fs::remove_file(&written[0].0).unwrap();
        let again = Command::new("sh").args(["-c", &line]).current_dir(&folder).status().unwrap();
        assert_eq!(again.code(), Some(7), "{line}");
        assert_eq!(project.snapshot(".pipeline/stages"), written, "{line}");
    }
}

#[test]
fn a_stage_that_wrote_nothing_can_be_repeated_too() {
    let project = one("sh -c 'test -d $(dirname $1) && exit 5' - ${outputs.o}", "outputs = { o = 'o.txt' }");
    let line = repeat(&project.run(&[]).expect_code(1));
    let again = Command::new("sh").args(["-c", &line]).current_dir(project.root()).status().unwrap();
    assert_eq!(again.code(), Some(5), "{line}");
}

#[test]
fn signals_are_named_also_those_that_a_shell_tells_of() {
    for (run, expected) in [
        ("sh -c 'kill -SEGV $$$$'", "signal 11 (SIGSEGV"),
        ("sh -c 'kill -KILL $$$$'", "ran out of memory"),
        ("sh -c 'exit 137'", "ran out of memory"),
        ("sh -c 'exit 139'", "signal 11 (SIGSEGV"),
        ("sh -c 'exit 130'", "exited with status 130"),
    ] {
        let said = one(run, "").pipeline_with(&["run", "pipelines/p.toml"]).expect_code(1).stderr;
        assert!(said.contains(expected) && said.contains("repeat it with:"), "{run}: {said}");
    }
}

#[test]
fn the_end_of_the_log_is_shown() {
    let project = one("sh -c 'seq 30; echo to stderr >&2; exit 1'", "");
    let said = project.pipeline_with(&["run", "pipelines/p.toml"]).expect_code(1).stderr;
    assert!(said.contains("  30\n  to stderr\n") && !said.contains("\n  10\n"), "{said}");
}

#[test]
fn a_shell_takes_no_path_apart() {
    let mut project = one(
        "cat ${inputs.i} \"${inputs.i}\" > ${outputs.o}",
        "shell = true\ninputs = { i = 'my input.txt' }\noutputs = { o = 'my output' }",
    );
    project.file("my input.txt", "content\n");
    project.run(&[]).ok();
    assert_eq!(project.read("results/p/s/my output"), "content\ncontent\n");
    project.move_away();
    assert_eq!(project.run(&["--force"]).ok().executed(), ["s"]);
}
