//! Workers that are killed, told to stop, or disturbed while they train.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use proto::{OutcomeStatus, StageEvent};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Child;
use support::Project;

fn send(signal: Signal, worker: &Child) {
    kill_process(Pid::from_raw(worker.id() as i32).unwrap(), signal).unwrap();
}

/// Numbers that look random and are the same in every run of the test.
fn next_random(state: &mut u32) -> usize {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 16) as usize
}

#[test]
fn a_training_killed_again_and_again_ends_like_one_that_was_not() {
    let project = Project::new();
    project.prepare_digits();
    let expected = {
        let mut undisturbed = project.training("undisturbed");
        undisturbed.checkpoints = project.path("checkpoints-of-its-own");
        let stage = project.stage(&undisturbed);
        assert!(stage.run().success(), "{}", stage.log());
        stage.outputs()
    };
    let mut random = 1;
    for round in 0..3 {
        let mut request = project.training(&format!("killed-{round}"));
        request.checkpoints = project.path(&format!("checkpoints-{round}"));
        let stage = project.stage(&request);
        for _ in 0..3 {
            let mut events_until_death = 1 + next_random(&mut random) % 12;
            stage.run_watched(|_, worker| {
                events_until_death = events_until_death.saturating_sub(1);
                if events_until_death == 0 {
                    send(Signal::KILL, worker);
                }
            });
        }
        let mut epochs = 0;
        let status =
            stage.run_watched(|event, _| epochs += usize::from(matches!(event, StageEvent::Epoch { .. })));
        assert!(status.success(), "round {round}: {}", stage.log());
        assert!(stage.outputs() == expected, "round {round}: the outputs differ");
        assert!(epochs <= 4, "round {round}: {epochs} epochs in the last run");
    }
}

/// Lets others run for a while of random length, so that deaths do not all come right after an event.
fn dawdle(random: &mut u32) {
    (0..next_random(random) % 512).for_each(|_| rustix::thread::sched_yield());
}

#[test]
fn with_everything_on_two_dozen_kills_change_nothing() {
    const KILLS: usize = 24;
    let project = Project::new();
    project.prepare_digits();
    let request = |name: &str| {
        let mut request = project.training(name);
        let everything = serde_json::json!({
            "epochs": 40, "schedule": "cosine", "warmup_epochs": 1.5, "nesterov": true, "label_smoothing": 0.1,
            "weight_decay": 1e-3, "decay_norms": true, "clip_norm": 1.0, "accumulate": 3, "ema_decay": 0.9,
            "keep_best": "val_loss", "tensorboard": true,
            "early_stopping": { "patience": 30, "metric": "train_loss" },
            "augment": { "shift": 0.1, "crop_padding": 1, "cutout": 2, "mixup": 0.2 },
        });
        let fields = everything.as_object().unwrap().clone();
        request.params.as_object_mut().unwrap().extend(fields);
        request.checkpoints = project.path(&format!("checkpoints-of-{name}"));
        project.stage(&request)
    };
    let undisturbed = request("undisturbed");
    assert!(undisturbed.run().success(), "{}", undisturbed.log());
    let (stage, mut random, mut kills) = (request("killed"), 7, 0);
    let status = loop {
        let mut events_until_death = 1 + next_random(&mut random) % 6;
        let status = stage.run_watched(|_, worker| {
            events_until_death = events_until_death.saturating_sub(1);
            if events_until_death == 0 && kills < KILLS {
                dawdle(&mut random);
                send(Signal::KILL, worker);
            }
        });
        match status.code() {
            None => kills += 1,
            Some(_) => break status,
        }
    };
    assert!(status.success(), "{}", stage.log());
    assert_eq!(kills, KILLS);
    assert!(stage.outputs() == undisturbed.outputs(), "the outputs differ");
}

#[test]
fn a_kill_costs_at_most_the_epoch_at_work() {
    let project = Project::new();
    project.prepare_digits();
    let stage = project.stage(&project.training("train"));
    let status = stage.run_watched(|event, worker| {
        if matches!(event, StageEvent::Step { epoch: 2, .. }) {
            send(Signal::KILL, worker);
        }
    });
    assert!(!status.success() && stage.outcome().is_none());
    let mut executed = Vec::new();
    let status = stage.run_watched(|event, _| {
        if let StageEvent::Epoch { epoch, .. } = event {
            executed.push(*epoch);
        }
    });
    assert!(status.success());
    assert_eq!(executed, [2, 3]);
}

#[test]
fn told_to_stop_it_says_interrupted_and_goes_on_next_time() {
    let project = Project::new();
    project.prepare_digits();
    let stage = project.stage(&project.training("train"));
    let status = stage.run_watched(|event, worker| {
        if matches!(event, StageEvent::Step { epoch: 1, .. }) {
            send(Signal::TERM, worker);
        }
    });
    assert_eq!(status.code(), Some(130));
    assert_eq!(stage.failure().0, OutcomeStatus::Interrupted);
    let mut resumed = None;
    let status = stage.run_watched(|event, _| {
        if let StageEvent::Resumed { epoch, .. } = event {
            resumed = Some(*epoch);
        }
    });
    assert!(status.success());
    assert_eq!(stage.failure().0, OutcomeStatus::Succeeded);
    assert!(resumed.is_some_and(|epoch| epoch >= 1), "{resumed:?}");
}

#[test]
fn what_ctrl_c_means_is_left_to_the_runner() {
    let project = Project::new();
    project.prepare_digits();
    let stage = project.stage(&project.training("train"));
    let status = stage.run_watched(|event, worker| {
        if matches!(event, StageEvent::Step { epoch: 0, .. }) {
            send(Signal::INT, worker);
        }
    });
    assert!(status.success());
}
