//! Which edit re-runs what, and what `plan` and `explain` say before it does (behaviours 1 to 4).

use crate::{CHAIN, chain};
use serde_json::json;
use testkit::Project;

type Edit = fn(&Project);

const FIRST_TWO: &[&str] = &["first", "second"];
const NONE: &[&str] = &[];

#[test]
fn a_first_run_executes_all_and_a_second_writes_nothing() {
    let project = chain();
    assert_eq!(project.run(&[]).ok().executed(), ["apart", "first", "second", "third"]);
    assert_eq!(project.read("results/p/third/count.txt").trim(), "7");
    let before = (project.snapshot(".pipeline"), project.snapshot("results"));
    let again = project.run(&[]).ok();
    assert!(again.outcomes().values().all(|outcome| outcome == "fresh"));
    assert!(
        before == (project.snapshot(".pipeline"), project.snapshot("results")),
        "a no-op run wrote something"
    );
}

/// Each edit is made on a project that has run, and names the stages that must then run; all others stay.
#[test]
fn an_edit_runs_exactly_what_it_touches() {
    let cases: &[(&str, Edit, &[&str])] = &[
        (
            "touch",
            |p| {
                p.file("input.txt", "abc, and more");
            },
            NONE,
        ),
        (
            "one byte of an input",
            |p| {
                p.file("other.txt", "othes");
            },
            &["apart"],
        ),
        // The second stage reads three bytes only, so its output stays the same and the third stays fresh.
        (
            "bytes that the second stage drops",
            |p| {
                p.file("input.txt", "abc, and less");
            },
            FIRST_TWO,
        ),
        (
            "bytes that reach the end",
            |p| {
                p.file("input.txt", "a");
            },
            &["first", "second", "third"],
        ),
        (
            "a parameter in use",
            |p| {
                p.edit("pipelines/p.toml", r#""one""#, r#""four""#);
            },
            &["second", "third"],
        ),
        (
            "a parameter that no stage uses",
            |p| {
                p.edit("pipelines/p.toml", "unused = 1", "unused = 2");
            },
            NONE,
        ),
        (
            "a comment and spaces",
            |p| {
                p.edit("pipelines/p.toml", "[stages.first]", "# hello\n[ stages . first ]");
            },
            NONE,
        ),
        (
            "spaces in a command",
            |p| {
                p.edit("pipelines/p.toml", "cp ${inputs", "cp   ${inputs");
            },
            NONE,
        ),
        (
            "the command",
            |p| {
                p.edit("pipelines/p.toml", "cp ${inputs", "cp -f ${inputs");
            },
            &["apart"],
        ),
        (
            "a description",
            |p| {
                p.edit("pipelines/p.toml", "[stages.apart]", "[stages.apart]\ndescription = \"x\"");
            },
            NONE,
        ),
        (
            "resources, retries, timeout",
            |p| {
                p.edit(
                    "pipelines/p.toml",
                    "[stages.apart]",
                    "[stages.apart]\nretries = 2\ntimeout = \"1h\"\nresources = { cpus = 1 }",
                );
            },
            NONE,
        ),
        (
            "an input added",
            |p| {
                p.edit(
                    "pipelines/p.toml",
                    "{ text = \"other.txt\" }",
                    "{ text = \"other.txt\", more = \"input.txt\" }",
                );
            },
            &["apart"],
        ),
        (
            "an output renamed",
            |p| {
                p.edit("pipelines/p.toml", "apart.txt", "apart.md");
            },
            &["apart"],
        ),
        (
            "a stage renamed",
            |p| {
                p.edit("pipelines/p.toml", "stages.first", "stages.start");
            },
            NONE,
        ),
        (
            "type of a parameter: 1 is not \"1\"",
            |p| {
                p.edit("pipelines/p.toml", r#"word   = "one""#, "word = 1");
                p.run(&[]).ok();
                p.edit("pipelines/p.toml", "word = 1", r#"word = "1""#);
            },
            &["second"],
        ),
        (
            "type of a parameter: 1 is not 1.0",
            |p| {
                p.edit("pipelines/p.toml", r#"word   = "one""#, "word = 1");
                p.run(&[]).ok();
                p.edit("pipelines/p.toml", "word = 1", "word = 1.0");
            },
            &["second", "third"],
        ),
    ];
    for (name, edit, expected) in cases {
        let project = chain();
        project.run(&[]).ok();
        edit(&project);
        let planned = will_run(&project);
        let executed = project.run(&[]).ok().executed();
        assert_eq!(executed, *expected, "after: {name}");
        assert!(
            executed.iter().all(|stage| planned.contains(stage)),
            "{name}: the plan missed one: {planned:?}"
        );
        assert_eq!(project.run(&[]).ok().executed(), NONE, "{name}: a second run still executes");
    }
}

/// Stages that the plan does not call fresh.
fn will_run(project: &Project) -> Vec<String> {
    let plan = project.pipeline_with(&["plan", "pipelines/p.toml", "--json"]).ok().json();
    let stages = plan["stages"].as_array().unwrap().iter();
    stages
        .filter(|stage| stage["verdict"] != "fresh")
        .map(|stage| stage["stage"].as_str().unwrap().into())
        .collect()
}

#[test]
fn a_fresh_tree_is_planned_without_intermediate_files() {
    let project = chain();
    let plan = project.pipeline_with(&["plan", "pipelines/p.toml", "--json"]).ok().json();
    let stages = plan["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 4);
    assert!(stages.iter().all(|stage| stage["verdict"] != "fresh"));
    assert_eq!(stages[0]["reasons"], json!([{ "reason": "never-run" }]));
}

#[test]
fn a_changed_parameter_is_stale_with_both_values_and_what_follows_is_pending() {
    let project = chain();
    project.run(&[]).ok();
    project.edit("pipelines/p.toml", r#""one""#, r#""two""#);
    let plan = project.pipeline_with(&["plan", "pipelines/p.toml", "--json"]).ok().json();
    let expected = json!([
        { "stage": "first", "verdict": "fresh", "reasons": [] },
        { "stage": "second", "verdict": "stale",
          "reasons": [{ "reason": "param-changed", "name": "word", "old": "one", "new": "two" }] },
        { "stage": "third", "verdict": "pending", "reasons": [{ "reason": "upstream-stale", "stage": "second" }] },
        { "stage": "apart", "verdict": "fresh", "reasons": [] },
    ]);
    assert_eq!(plan["stages"], expected);
    let explained = project.pipeline_with(&["explain", "pipelines/p.toml", "second"]).ok();
    let said = explained.stdout + &explained.stderr;
    assert!(said.contains("word") && said.contains("one") && said.contains("two"), "{said}");
}

#[test]
fn the_join_of_a_diamond_runs_once_after_both() {
    let project = crate::project();
    project.file("input.txt", "x").pipeline(
        r#"
        [stages.top]
        kind = "command"
        run = "cp ${inputs.i} ${outputs.o}"
        inputs = { i = "input.txt" }
        outputs = { o = "o.txt" }
        [stages.left]
        kind = "command"
        run = "sh -c 'echo left | cat $1 - > $2' - ${inputs.i} ${outputs.o}"
        inputs = { i = "${stages.top.o}" }
        outputs = { o = "o.txt" }
        [stages.right]
        kind = "command"
        run = "sh -c 'echo right | cat $1 - > $2' - ${inputs.i} ${outputs.o}"
        inputs = { i = "${stages.top.o}" }
        outputs = { o = "o.txt" }
        [stages.join]
        kind = "command"
        run = "sh -c 'cat $1 $2 > $3; echo join >> joined.log' - ${inputs.a} ${inputs.b} ${outputs.o}"
        inputs = { a = "${stages.left.o}", b = "${stages.right.o}" }
        outputs = { o = "o.txt" }
        "#,
    );
    project.run(&["-j8"]).ok();
    assert_eq!(project.read("results/p/join/o.txt"), "xleft\nxright\n");
    assert_eq!(project.read("joined.log"), "join\n");
}

#[test]
fn any_earlier_run_is_restored() {
    let project = chain();
    project.run(&[]).ok();
    let original = project.snapshot("results");
    project.edit("pipelines/p.toml", r#""one""#, r#""three""#);
    assert_eq!(project.run(&[]).ok().executed(), ["second", "third"]);
    project.pipeline(CHAIN);
    let back = project.run(&[]).ok();
    assert_eq!(back.executed(), NONE);
    assert_eq!(back.stages_with("restored"), ["second", "third"]);
    let files = |snapshot: Vec<(std::path::PathBuf, Vec<u8>)>| {
        snapshot
            .into_iter()
            .filter(|(path, _)| path.ends_with("count.txt") || path.ends_with("second.txt"))
            .collect::<Vec<_>>()
    };
    assert_eq!(files(project.snapshot("results")), files(original));
}

#[test]
fn set_overrides_a_parameter() {
    let project = chain();
    project.run(&["--set", "word=three"]).ok();
    assert_eq!(project.read("results/p/second/second.txt"), "abcthree\n");
    assert_eq!(project.run(&[]).ok().executed(), ["second", "third"]);
    assert_eq!(project.run(&["--set", "word=three"]).ok().executed(), NONE);
    assert_eq!(project.read("results/p/second/second.txt"), "abcthree\n");
}

#[test]
fn no_content_is_the_same_as_no_file() {
    let project = crate::project();
    project.file("in", "missing");
    project.file(
        "pipelines/p.toml",
        "[stages.a]\nkind = 'command'\nrun = 'cp ${inputs.i} ${outputs.o}'\ninputs = { i = 'in' }\n\
         outputs = { o = 'o' }\n",
    );
    project.run(&[]).ok();
    std::fs::remove_file(project.path("in")).unwrap();
    let refused = project.run(&[]).expect_code(2);
    assert!(refused.stdout.contains("does not exist"), "{}", refused.stdout);
    let plan = project.pipeline_with(&["plan", "pipelines/p.toml", "--json"]).ok().json();
    assert_eq!(plan["stages"][0]["verdict"], "stale");
}

/// What a command may learn of its stage is part of its key or the same for all stages, so that equal keys mean equal
/// results.
#[test]
fn two_stages_with_one_key_cannot_tell_which_they_are() {
    let project = crate::project();
    let stage = |name| {
        format!(
            "[stages.{name}]\nkind = 'command'\nshell = true\nrun = 'env | grep -c \"={name}$\" > ${{outputs.o}} \
             || true'\noutputs = {{ o = 'o' }}\n"
        )
    };
    project.file("pipelines/p.toml", [stage("one"), stage("two")].concat());
    project.run(&[]).ok();
    assert_eq!(
        (project.read("results/p/one/o"), project.read("results/p/two/o")),
        ("0\n".into(), "0\n".into())
    );
}

#[test]
fn a_variable_that_is_not_set_makes_no_difference_to_one_that_is_not_declared() {
    let project = crate::project();
    let stage = |env| {
        format!(
            "[stages.a]\nkind = 'command'\nrun = 'touch ${{outputs.o}}'\nenv = {env}\noutputs = {{ o = 'o' }}\n"
        )
    };
    project.file("pipelines/p.toml", stage("['PIPELINE_TEST_UNSET_A']"));
    assert_eq!(project.run(&[]).ok().executed(), ["a"]);
    project.file("pipelines/p.toml", stage("['PIPELINE_TEST_UNSET_A', 'PIPELINE_TEST_UNSET_B']"));
    assert_eq!(project.run(&[]).ok().executed(), NONE);
}
