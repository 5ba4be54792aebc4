//! Any sequence of edits: what `plan` and `explain` say, and what `run` then does, is what a small model of staleness
//! says that was written apart from the runner (behaviours 1 to 5 and 11).

mod edits;
mod reference;
mod world;

use crate::project;
use edits::{Edit, edit};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use reference::{Forced, Planned, Reference};
use serde_json::Value;
use std::{collections::BTreeMap, thread};
use testkit::Project;
use world::World;

const SIDE_BY_SIDE: u32 = 4;
const SEQUENCES: u32 = 120;

/// The plan as `plan --json` and `explain --json` print it.
fn planned(document: &Value) -> BTreeMap<String, Planned> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let reason = |reason: &Value| {
        let whose = if reason["stage"].is_string() { &reason["stage"] } else { &reason["name"] };
        (text(&reason["reason"]), text(whose))
    };
    let stage = |stage: &Value| {
        let mut reasons: Vec<_> = stage["reasons"].as_array().unwrap().iter().map(reason).collect();
        reasons.sort();
        let verdict = ["fresh", "stale", "pending"].into_iter().find(|verdict| stage["verdict"] == *verdict);
        let planned = Planned { verdict: verdict.unwrap(), restore: stage["restore"] == true, reasons };
        (text(&stage["stage"]), planned)
    };
    document["stages"].as_array().unwrap().iter().map(stage).collect()
}

/// Plans, explains and runs, and holds all three against the model.
fn check(
    world: &World,
    project: &Project,
    reference: &mut Reference,
    forced: &Forced,
) -> Result<(), TestCaseError> {
    let force = match forced {
        Forced::Nothing => vec![],
        Forced::Everything => vec!["--force"],
        Forced::Stage(name) => vec!["--force", name],
    };
    let expected = reference.plan(world, forced);
    let plan = project.pipeline_with(&[&["plan", "pipelines/p.toml", "--json"][..], &force].concat()).ok();
    prop_assert_eq!(&planned(&plan.json()), &expected, "plan");
    if force.is_empty() {
        let explained = project.pipeline_with(&["explain", "pipelines/p.toml", "--json"]).ok();
        prop_assert_eq!(&planned(&explained.json()), &expected, "explain");
    }
    let outcomes = reference.run(world, forced);
    prop_assert_eq!(project.run(&force).ok().outcomes(), outcomes, "run");
    for ((stage, file), content) in &reference.results {
        let found = std::fs::read_to_string(project.path(&format!("results/p/{stage}/{file}")));
        prop_assert_eq!(&found.unwrap_or_default(), content, "the result {} of {}", file, stage);
    }
    Ok(())
}

fn follow(edits: &[Edit]) -> Result<(), TestCaseError> {
    let (mut world, project, mut reference) = (World::new(), project(), Reference::default());
    let mut past = vec![world.clone()];
    world.write(&project);
    check(&world, &project, &mut reference, &Forced::Nothing)?;
    for edit in edits {
        edit.change(&mut world, &past);
        world.write(&project);
        edit.disturb(&world, &project, &mut reference);
        let forced = match edit {
            Edit::Force(None) => Forced::Everything,
            Edit::Force(Some(stage)) => Forced::Stage(&stage.get(&world.stages).name),
            _ => Forced::Nothing,
        };
        check(&world, &project, &mut reference, &forced)?;
        past.push(world.clone());
    }
    Ok(())
}

#[test]
fn plan_explain_and_run_agree_with_a_model_of_staleness_after_any_edits() {
    let config = Config {
        cases: SEQUENCES / SIDE_BY_SIDE,
        max_shrink_iters: 100,
        failure_persistence: None,
        ..Config::default()
    };
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                let edits = prop::collection::vec(edit(), 8);
                let followed = TestRunner::new(config.clone()).run(&edits, |edits| follow(&edits));
                assert!(followed.is_ok(), "{}", followed.unwrap_err());
            });
        }
    });
}
