//! What a collection leaves of the checkpoints of real trainings.

use crate::with_digits;
use testkit::{Project, Ran};

const PHASES: &str = r#"
[stages.dataset]
kind = "dataset"
format = "idx"
source = "data/digits"
test_per_class = 150

[stages.train]
kind = "train"
train = "${stages.dataset.train}"
phases = [{ epochs = 2, lr = 0.1 }, { epochs = 2, lr = 0.01 }]
model = { stages = [1], filters = [4, 8] }
batch_size = 128
checkpoint_every = 1
"#;

fn run(project: &Project, settings: &[&str]) -> Ran {
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    let arguments: Vec<&str> =
        ["run", "pipelines/phases.toml", "--json"].into_iter().chain(settings).collect();
    project.pipeline_with(&arguments).ok()
}

fn checkpoints(project: &Project) -> usize {
    project.path(".pipeline/checkpoints").read_dir().unwrap().count()
}

/// Epochs that were trained.
fn epochs(ran: &Ran) -> usize {
    ran.stdout.matches(r#""event":"epoch""#).count()
}

#[test]
fn after_a_collection_a_changed_phase_and_one_more_repeat_no_epoch() {
    let project = with_digits();
    project.file("pipelines/phases.toml", PHASES);
    run(&project, &[]);
    assert_eq!(checkpoints(&project), 4);
    project.pipeline_with(&["gc"]).ok();
    assert_eq!(checkpoints(&project), 2, "the ends of both phases");
    let changed = "stages.train.phases=[{ epochs = 2, lr = 0.1 }, { epochs = 1, lr = 0.05 }]";
    assert_eq!(epochs(&run(&project, &[changed])), 1);
    let longer = "stages.train.phases=[{ epochs = 2, lr = 0.1 }, { epochs = 3, lr = 0.01 }]";
    assert_eq!(epochs(&run(&project, &[longer])), 1);
    project.pipeline_with(&["gc", "--checkpoints"]).ok();
    assert_eq!(checkpoints(&project), 0);
}

#[test]
fn after_a_collection_a_training_that_was_killed_goes_on() {
    let project = with_digits();
    project.file("pipelines/phases.toml", PHASES);
    let mut child = project.command(&["run", "pipelines/phases.toml", "--json"]);
    let mut child = child.stdout(std::process::Stdio::piped()).spawn().unwrap();
    crate::wait_for_line(&mut child, r#""event":"checkpoint""#);
    child.kill().unwrap();
    child.wait().unwrap();
    project.pipeline_with(&["gc"]).ok();
    let resumed = run(&project, &[]);
    assert!(resumed.stdout.contains(r#""event":"resumed""#), "{}", resumed.stdout);
}
