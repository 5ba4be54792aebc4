//! Two runs at once (behaviour 10).

use crate::chain;

#[test]
fn two_runs_of_one_pipeline_execute_each_stage_once() {
    let project = chain();
    project.edit("pipelines/p.toml", "cat $1 > $2", "cat $1 > $2; echo first >> executed.log");
    project.edit("pipelines/p.toml", "wc -c < $1 > $2", "wc -c < $1 > $2; echo third >> executed.log");
    let runs: Vec<_> = (0..3).map(|_| project.start(&[])).collect();
    for run in runs {
        testkit::Ran::from(run.wait_with_output().unwrap()).ok();
    }
    let log = project.read("executed.log");
    assert_eq!((log.matches("first").count(), log.matches("third").count()), (1, 1), "{log}");
    assert_eq!(project.run(&[]).ok().stages_with("fresh").len(), 4);
}

#[test]
fn two_runs_with_different_settings_both_succeed() {
    let project = chain();
    let one = project.start(&["--set", "word=uno"]);
    let two = project.start(&["--set", "word=due"]);
    for run in [one, two] {
        testkit::Ran::from(run.wait_with_output().unwrap()).ok();
    }
    for word in ["uno", "due"] {
        assert!(project.run(&["--set", &format!("word={word}")]).ok().executed().is_empty());
        assert_eq!(project.read("results/p/second/second.txt"), format!("abc{word}\n"));
    }
}
