//! The short way to "nothing to do" (`.pipeline/settled/`) never says so when the long way, which `plan` always
//! takes, would not.

use crate::{CHAIN, chain};
use testkit::Project;

const SETTLED: &str = ".pipeline/settled/p.json";

/// What a run does, stage by stage, and that the plan before it said so.
fn outcomes(project: &Project, arguments: &[&str]) -> Vec<String> {
    let mut plan = vec!["plan", "pipelines/p.toml", "--json"];
    plan.extend_from_slice(arguments);
    let plan = project.pipeline_with(&plan).ok().json();
    let outcomes = project.run(arguments).ok().outcomes();
    for stage in plan["stages"].as_array().unwrap() {
        let outcome = outcomes[stage["stage"].as_str().unwrap()].as_str();
        let expected: &[&str] = match (stage["verdict"].as_str().unwrap(), stage["restore"].as_bool()) {
            ("fresh", Some(true)) => &["restored"],
            ("fresh", _) => &["fresh"],
            ("stale", _) => &["executed", "restored"],
            _ => &["executed", "restored", "fresh"],
        };
        assert!(expected.contains(&outcome), "planned {stage}, then it was {outcome}");
    }
    outcomes.into_values().collect()
}

#[test]
fn whatever_the_judgement_rests_on_undoes_it() {
    type Disturb = fn(&Project);
    let cases: &[(&str, Disturb)] = &[
        ("an output edited", |p| {
            p.file("results/p/first/copy.txt", "abc, and mora");
        }),
        ("an output deleted", |p| std::fs::remove_file(p.path("results/p/apart/apart.txt")).unwrap()),
        ("a source edited", |p| {
            p.file("other.txt", "othes");
        }),
        ("the pipeline edited", |p| {
            p.edit("pipelines/p.toml", r#""one""#, r#""two""#);
        }),
        ("the actions lost", |p| {
            std::fs::remove_dir_all(p.path(".pipeline/actions")).unwrap();
            std::fs::create_dir(p.path(".pipeline/actions")).unwrap();
        }),
    ];
    for (name, disturb) in cases {
        let project = chain();
        project.run(&[]).ok();
        assert!(project.path(SETTLED).exists());
        disturb(&project);
        let outcomes = outcomes(&project, &[]);
        assert!(outcomes.iter().any(|outcome| outcome != "fresh"), "{name}: {outcomes:?}");
        assert!(project.run(&[]).ok().outcomes().values().all(|outcome| outcome == "fresh"), "{name}");
    }
}

#[test]
fn it_answers_the_question_that_it_was_filed_for_and_no_other() {
    let project = chain();
    project.run(&["--stage", "apart"]).ok();
    assert!(outcomes(&project, &[]).contains(&"executed".to_owned()));
    assert!(outcomes(&project, &["--set", "word=two"]).contains(&"executed".to_owned()));
    assert!(outcomes(&project, &[]).contains(&"restored".to_owned()));
    assert!(outcomes(&project, &["--force", "apart"]).contains(&"executed".to_owned()));
    project.run(&["--device", "abacus"]).expect_code(2);
}

#[test]
fn an_edit_that_is_undone_leaves_nothing_to_do() {
    let project = chain();
    project.run(&[]).ok();
    let settled = project.read(SETTLED);
    project.edit("pipelines/p.toml", r#""one""#, r#""two""#).pipeline(CHAIN);
    project.file("other.txt", "othes").file("other.txt", "other");
    assert!(outcomes(&project, &[]).iter().all(|outcome| outcome == "fresh"));
    assert_eq!(project.read(SETTLED), settled);
}

/// The stage yields something else each time, and both pipelines have it.
#[test]
fn a_result_that_another_pipeline_forced_is_put_in_place() {
    let random = r#"
        [stages.random]
        kind = "command"
        run = "sh -c 'head -c 16 /dev/urandom > $0' ${outputs.bytes}"
        outputs = { bytes = "bytes" }
        "#;
    let project = crate::project();
    project.pipeline(random).file("pipelines/q.toml", random);
    project.run(&[]).ok();
    project.pipeline_with(&["run", "pipelines/q.toml", "--force"]).ok();
    assert_eq!(outcomes(&project, &[]), ["restored"]);
    let bytes = |pipeline| std::fs::read(project.path(&format!("results/{pipeline}/random/bytes"))).unwrap();
    assert_eq!(bytes("p"), bytes("q"));
}

#[test]
fn an_environment_variable_counts() {
    let project = crate::project();
    project.pipeline(
        r#"
        [stages.one]
        kind = "command"
        run = "sh -c 'echo $COLOUR > $0' ${outputs.o}"
        outputs = { o = "o" }
        env = ["COLOUR"]
        "#,
    );
    project.run(&[]).ok();
    let mut run = project.command(&["run", "pipelines/p.toml"]);
    assert!(run.env("COLOUR", "red").status().unwrap().success());
    assert_eq!(project.read("results/p/one/o"), "red\n");
}

#[test]
fn a_stage_that_always_runs_is_never_settled() {
    let project = crate::project();
    project.pipeline(
        r#"
        [stages.one]
        kind = "command"
        run = "touch ${outputs.o}"
        outputs = { o = "o" }
        cache = false
        "#,
    );
    for _ in 0..2 {
        assert_eq!(outcomes(&project, &[]), ["executed"]);
    }
    assert!(!project.path(SETTLED).exists());
}
