//! Trainings from start to end: resumption, shared starts, and what is refused.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use proto::StageEvent;
use std::fs;
use support::Experiment;
use train::{Schedule, TrainError};

type Moment = fn(&StageEvent) -> bool;

const THREE_EPOCHS: &str = r#""lr": 0.05, "epochs": 3"#;

#[test]
fn it_learns_and_writes_everything() {
    let experiment = Experiment::new();
    let run = experiment.train("run", &experiment.job(r#""lr": 0.05, "epochs": 8"#));
    let outputs = run.outputs();
    let names: Vec<_> = outputs.keys().map(String::as_str).collect();
    let expected =
        ["curves.png", "curves.svg", "history.csv", "history.json", "metrics.json", "weights.safetensors"];
    assert_eq!(names, expected);
    let metrics: serde_json::Value = serde_json::from_slice(&outputs["metrics.json"]).unwrap();
    assert_eq!(metrics["epochs"], 8);
    assert!(metrics["best_val_accuracy"].as_f64().unwrap() > 0.8, "{metrics}");
    let penalty = |name: &str| {
        metrics[format!("{name}_loss")].as_f64().unwrap()
            - metrics[format!("{name}_cross_entropy")].as_f64().unwrap()
    };
    assert!(penalty("train") > 0.0 && penalty("val") > 0.0, "{metrics}");
}

#[test]
fn a_training_that_was_stopped_between_or_within_epochs_ends_like_one_that_was_not() {
    let experiment = Experiment::new();
    let job = experiment.job(THREE_EPOCHS);
    let expected = experiment.train("undisturbed", &job).outputs();
    let after_first = |event: &StageEvent| matches!(event, StageEvent::Epoch { epoch: 0, .. });
    let within_second = |event: &StageEvent| matches!(event, StageEvent::Step { epoch: 1, .. });
    let at_once = |event: &StageEvent| matches!(event, StageEvent::Step { epoch: 0, .. });
    let moments: [(Moment, u32); 3] = [(after_first, 1), (within_second, 1), (at_once, 0)];
    for (moment, whole_epochs) in moments {
        fs::remove_dir_all(&job.checkpoints).unwrap();
        let stopped = experiment.train_until("stopped", &job, moment);
        assert!(matches!(stopped.result, Err(TrainError::Interrupted)));
        assert_eq!(stopped.executed(), (0..whole_epochs).collect::<Vec<_>>());
        let resumed = experiment.train("resumed", &job);
        assert_eq!(resumed.executed(), (whole_epochs..3).collect::<Vec<_>>());
        assert!(resumed.events.contains(&StageEvent::Resumed { epoch: whole_epochs, epochs: 3 }));
        assert_eq!(resumed.outputs(), expected);
    }
}

#[test]
fn no_step_is_repeated_after_a_stop_within_an_epoch() {
    let experiment = Experiment::new();
    let job = experiment.job(r#""lr": 0.05, "epochs": 1"#);
    let first_step = |event: &StageEvent| matches!(event, StageEvent::Step { .. });
    let steps = |run: &support::Run| -> Vec<u32> {
        let step = |event: &StageEvent| match event {
            StageEvent::Step { step, .. } => Some(*step),
            _ => None,
        };
        run.events.iter().filter_map(step).collect()
    };
    assert_eq!(steps(&experiment.train_until("first", &job, first_step)), [1]);
    assert_eq!(steps(&experiment.train_until("second", &job, first_step)), [2]);
    assert_eq!(steps(&experiment.train("third", &job))[0], 3);
}

#[test]
fn a_finished_training_is_not_repeated() {
    let experiment = Experiment::new();
    let mut job = experiment.job(THREE_EPOCHS);
    let first = experiment.train("first", &job);
    job.params.checkpoint_every = 1;
    let second = experiment.train("second", &job);
    assert!(second.executed().is_empty());
    assert_eq!(second.outputs(), first.outputs());
}

#[test]
fn a_new_or_changed_phase_repeats_no_earlier_epoch() {
    let experiment = Experiment::new();
    let executed = |phases: &str| {
        let job = experiment.job(&format!(r#""phases": [{phases}]"#));
        experiment.train("run", &job).executed()
    };
    assert_eq!(executed(r#"{"epochs": 2, "lr": 0.05}"#), [0, 1]);
    assert_eq!(executed(r#"{"epochs": 2, "lr": 0.05}, {"epochs": 2, "lr": 0.01}"#), [2, 3]);
    assert_eq!(executed(r#"{"epochs": 2, "lr": 0.05}, {"epochs": 1, "lr": 0.02}"#), [2]);
    assert_eq!(executed(r#"{"epochs": 4, "lr": 0.05}"#), [2, 3]);
    assert_eq!(executed(r#"{"epochs": 2, "lr": 0.05}, {"epochs": 3, "lr": 0.01}"#), [4]);
}

#[test]
fn going_on_from_a_shared_start_gives_what_training_alone_gives() {
    let experiment = Experiment::new();
    let mut job = experiment.job(r#""phases": [{"epochs": 2, "lr": 0.05}, {"epochs": 1, "lr": 0.01}]"#);
    experiment.train("start", &experiment.job(r#""lr": 0.05, "epochs": 2"#));
    let shared = experiment.train("shared", &job);
    job.checkpoints = experiment.path("other-checkpoints");
    let alone = experiment.train("alone", &job);
    assert_eq!((shared.executed(), alone.executed()), (vec![2], vec![0, 1, 2]));
    assert_eq!(shared.outputs(), alone.outputs());
}

#[test]
fn decaying_and_constant_trainings_share_what_their_learning_rates_share() {
    let experiment = Experiment::new();
    let mut job = experiment.job(r#""lr": 0.05, "epochs": 2"#);
    // Only kept checkpoints are there for others; how long the rest stay depends on the disk.
    job.params.checkpoint_every = 1;
    experiment.train("constant", &job);
    for (power, expected) in [(1, vec![1]), (0, vec![])] {
        let params = format!(
            r#"{{"lr": 0.05, "epochs": 2, "power": {power}, "model": {{"stages": [1], "filters": [4, 4]}}}}"#
        );
        job.schedule = Schedule::of_decay_train(&serde_json::from_str(&params).unwrap()).unwrap();
        assert_eq!(experiment.train("decay", &job).executed(), expected, "power {power}");
    }
}

#[test]
fn another_validation_set_means_another_history() {
    let experiment = Experiment::new();
    let mut job = experiment.job(THREE_EPOCHS);
    let with_val = experiment.train("with", &job);
    job.inputs.val = None;
    let without = experiment.train("without", &job);
    assert_eq!(without.executed(), [0, 1, 2]);
    let (with_val, without) = (with_val.outputs(), without.outputs());
    assert_ne!(with_val["history.json"], without["history.json"]);
    assert!(!String::from_utf8_lossy(&without["metrics.json"]).contains("val"));
}

#[test]
fn a_damaged_checkpoint_costs_only_what_it_held() {
    let experiment = Experiment::new();
    let mut job = experiment.job(THREE_EPOCHS);
    job.params.checkpoint_every = 1;
    let expected = experiment.train("first", &job).outputs();
    for entry in fs::read_dir(&job.checkpoints).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let history_of_three = br#"\"epoch\":2"#;
        if bytes.windows(history_of_three.len()).any(|window| window == history_of_three) {
            fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        }
    }
    let again = experiment.train("again", &job);
    assert_eq!(again.executed(), [2]);
    assert_eq!(again.warnings().len(), 1, "{:?}", again.warnings());
    assert_eq!(again.outputs(), expected);
}

#[test]
fn divergence_ends_the_training_at_a_named_step() {
    let experiment = Experiment::new();
    let run = experiment.train("run", &experiment.job(r#""lr": 1e30, "epochs": 2"#));
    match run.result.unwrap_err() {
        TrainError::NotFinite { epoch: 1, step, steps: 5, .. } => assert!(step > 1),
        other => panic!("{other}"),
    }
    assert!(!run.folder.join("weights.safetensors").exists());
}

#[test]
fn divergence_in_the_last_step_of_an_epoch_is_named_with_and_without_a_validation_set() {
    let experiment = Experiment::new();
    for (lr, with_val) in [("1e8", true), ("1e30", true), ("1e30", false)] {
        let mut job = experiment.job(&format!(r#""lr": {lr}, "epochs": 1"#));
        job.params.batch_size = 64;
        if !with_val {
            job.inputs.val = None;
        }
        let run = experiment.train(&format!("run-{lr}-{with_val}"), &job);
        let named = matches!(run.result, Err(TrainError::NotFinite { epoch: 1, step: 1, steps: 1, .. }));
        assert!(named, "lr {lr}, with val: {with_val}: {:?}", run.result);
        assert!(!run.folder.join("weights.safetensors").exists());
    }
}

#[test]
fn training_starts_from_given_weights() {
    let experiment = Experiment::new();
    experiment.train("first", &experiment.job(r#""lr": 0.05, "epochs": 8"#)).outputs();
    let mut job = experiment.job(r#""lr": 0.0, "epochs": 1"#);
    let fresh = experiment.train("fresh", &job);
    job.inputs.init = Some(experiment.input("first/weights.safetensors"));
    let initialised = experiment.train("initialised", &job);
    assert_eq!(initialised.executed(), [0]);
    let loss = |run: &support::Run| {
        let metrics: serde_json::Value = serde_json::from_slice(&run.outputs()["metrics.json"]).unwrap();
        metrics["train_loss"].as_f64().unwrap()
    };
    assert!(loss(&initialised) < 0.5 * loss(&fresh));
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let experiment = Experiment::new();
    let refused = |change: &dyn Fn(&mut train::TrainingJob)| {
        let mut job = experiment.job(THREE_EPOCHS);
        change(&mut job);
        experiment.train("refused", &job).result.unwrap_err().to_string()
    };
    fs::write(experiment.path("pixel.json"), r#"{"mode":"pixel","height":1,"width":1,"mean":[0,0,0]}"#)
        .unwrap();
    let means = refused(&|job| job.inputs.means = Some(experiment.input("pixel.json")));
    assert!(means.contains("the mean image is 1 × 1 pixels"), "{means}");
    let batch = refused(&|job| (job.params.batch_size, job.params.drop_last) = (64, true));
    assert!(batch.contains("`batch_size`") && batch.contains("64"), "{batch}");
    let init = refused(&|job| job.inputs.init = Some(experiment.input("means.json")));
    assert!(init.contains("means.json is not a safetensors file"), "{init}");
    experiment.write_empty_dataset("empty.h5");
    for drop_last in [false, true] {
        let empty = refused(&|job| {
            (job.inputs.train, job.params.drop_last) = (experiment.input("empty.h5"), drop_last);
        });
        assert!(empty.ends_with("empty.h5: the dataset has no images"), "{empty}");
    }
    let empty = refused(&|job| job.inputs.val = Some(experiment.input("empty.h5")));
    assert!(empty.ends_with("empty.h5: the dataset has no images"), "{empty}");
}
