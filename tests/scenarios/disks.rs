//! Disks that are full, read-only, or another one than expected (behaviour 9).

use crate::project;
use std::{fs, os::unix::fs::symlink, path::PathBuf, process::Command};
use testkit::{Project, Ran, SmallDisk, may_mount};

/// Two stages whose results take more room than anything else: 200 KiB in a file and 100 KiB in a folder.
const PIPELINE: &str = r#"
[stages.file]
kind    = "command"
run     = "cp ${inputs.i} ${outputs.o}"
inputs  = { i = "input" }
outputs = { o = "o" }

[stages.folder]
kind    = "command"
run     = "sh -c 'mkdir $2 && head -c 100000 $1 > $2/half && cp small $2' - ${inputs.i} ${outputs.o}"
inputs  = { i = "${stages.file.o}" }
outputs = { o = "folder" }
"#;

const STAGES: [&str; 2] = ["file", "folder"];

fn large() -> Project {
    let project = project();
    project.file("input", "0123456789".repeat(20_000)).file("small", "small").pipeline(PIPELINE);
    project
}

/// A folder of the project that is a file system of its own.
fn disk_at(project: &Project, folder: &str, kibibytes: u32) -> SmallDisk {
    fs::create_dir_all(project.path(folder)).unwrap();
    SmallDisk::mount(&project.path(folder), kibibytes)
}

fn assert_whole(project: &Project) {
    let verified = project.pipeline_with(&["verify", "--json"]);
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);
}

fn assert_results(project: &Project) {
    let input = project.read("input");
    assert!(project.read("results/p/file/o") == input);
    assert!(project.read("results/p/folder/folder/half") == input[..100_000]);
    assert_eq!(project.files("results").len(), 3 + 2, "three results, two tables");
}

/// The error says what is wrong and what to do, to people and to programs.
fn assert_says(ran: &Ran, what: &str, hint: &str) {
    assert!([Some(1), Some(3)].contains(&ran.code), "{ran:?}");
    let said = ran.events().iter().map(ToString::to_string).collect::<String>();
    assert!(said.contains(what) && said.contains(hint), "no {what:?} or no {hint:?} in {said}");
}

/// However little is free: the error names the disk, what was recorded stays, and with more room the rest is done.
#[test]
fn a_disk_that_is_full_at_any_moment_is_named_and_harms_nothing() {
    if !may_mount("disks::a_disk_that_is_full_at_any_moment_is_named_and_harms_nothing") {
        return;
    }
    for of_results in [false, true] {
        let mut has_fitted = false;
        for free in (0..1500).step_by(12) {
            let project = large();
            let disk = disk_at(&project, if of_results { "results" } else { ".pipeline" }, 4096);
            disk.resize(free.max(4));
            let ran = project.run(&[]);
            assert!(!ran.stderr.contains("panicked"), "{free} KiB free: {ran:?}");
            has_fitted = ran.code == Some(0);
            if !has_fitted {
                assert_says(&ran, "no space left", "free some space");
            }
            disk.resize(4096);
            assert_whole(&project);
            let recorded = project.files(".pipeline/actions").len();
            let run = project.run(&[]).ok();
            assert_eq!(run.executed().len(), STAGES.len() - recorded, "{free} KiB free");
            assert_results(&project);
            if has_fitted {
                break;
            }
        }
        assert!(has_fitted, "the largest disk must suffice");
    }
}

/// The same where nothing may be mounted: no file may be larger than 64 KiB.
#[test]
fn results_that_do_not_fit_are_put_in_place_later() {
    let project = large();
    project.run(&[]).ok();
    fs::remove_dir_all(project.path("results")).unwrap();
    let inner = project.command(&["run", "pipelines/p.toml", "--json"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    limited.arg(inner.get_program()).args(inner.get_args()).current_dir(project.root());
    let ran = Ran::from(limited.output().unwrap());
    assert_says(&ran, "no space left", "free some space");
    let left = project.files("results").into_keys().collect::<Vec<_>>();
    assert!(left.is_empty(), "{left:?}");
    assert_whole(&project);
    assert_eq!(project.run(&[]).ok().stages_with("restored"), STAGES);
    assert_results(&project);
}

#[test]
fn a_read_only_store_can_be_read_and_says_so_when_it_is_to_be_written() {
    if !may_mount("disks::a_read_only_store_can_be_read_and_says_so_when_it_is_to_be_written") {
        return;
    }
    let project = large();
    let disk = disk_at(&project, ".pipeline", 4096);
    project.run(&[]).ok();
    disk.set_read_only(true);
    for arguments in [
        &["plan", "pipelines/p.toml"][..],
        &["explain", "pipelines/p.toml"],
        &["run", "pipelines/p.toml"],
        &["runs"],
        &["show", "latest"],
        &["logs", "latest", "file"],
        &["compare"],
        &["verify"],
        &["gc", "--dry-run"],
    ] {
        project.pipeline_with(&[arguments, &["--json"]].concat()).ok();
        project.pipeline_with(arguments).ok();
    }
    project.file("input", "another");
    assert_says(&project.run(&[]).expect_code(3), "Read-only file system", "mounted for writing");
    let refused = project.pipeline_with(&["run", "pipelines/p.toml"]).expect_code(3);
    assert!(refused.stderr.contains("hint: "), "{}", refused.stderr);
    disk.set_read_only(false);
    assert_eq!(project.run(&[]).ok().executed(), STAGES);
}

/// Puts the store or the results on another file system; the second argument links a folder of the project there.
type Way = fn(&Project, &dyn Fn(&Project, &str)) -> Option<SmallDisk>;

/// Each way of having the store, or the results, on a file system of its own.
#[test]
fn the_store_and_the_results_may_lie_on_other_file_systems() {
    if !may_mount("disks::the_store_and_the_results_may_lie_on_other_file_systems") {
        return;
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let _disk = SmallDisk::mount(elsewhere.path(), 16 << 10);
    let link = |project: &Project, name: &str| {
        let target: PathBuf = tempfile::tempdir_in(elsewhere.path()).unwrap().keep();
        symlink(target, project.path(name)).unwrap();
    };
    let ways: [Way; 4] = [
        |project, link| {
            link(project, ".pipeline");
            None
        },
        |project, link| {
            link(project, "results");
            None
        },
        |project, _| Some(disk_at(project, ".pipeline", 4096)),
        |project, _| Some(disk_at(project, "results", 4096)),
    ];
    for way in ways {
        let project = large();
        let _mounted = way(&project, &link);
        assert_eq!(project.run(&[]).ok().executed(), STAGES);
        assert_results(&project);
        assert_eq!(project.run(&[]).ok().stages_with("fresh"), STAGES);
        fs::remove_dir_all(project.path("results/p")).unwrap();
        assert_eq!(project.run(&[]).ok().stages_with("restored"), STAGES);
        project.file("results/p/folder/folder/half", "edited");
        assert_eq!(project.run(&[]).ok().stages_with("restored"), ["folder"]);
        project.edit("input", "0", "x");
        assert_eq!(project.run(&[]).ok().executed(), STAGES);
        assert_results(&project);
        assert_whole(&project);
        project.pipeline_with(&["gc"]).ok();
        assert_eq!(project.run(&[]).ok().stages_with("fresh"), STAGES);
    }
}
