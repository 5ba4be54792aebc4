//! Scripted runs, told as in a pipe and as below a terminal's bars.

use super::{Detail, Narrator};
use crate::style::Style;
use insta::assert_snapshot;
use proto::{FinishedStage, Reason, RunEvent, RunStatus, StageEvent, StageResult};
use serde_json::json;
use std::{fs, path::PathBuf};

fn tell(events: &[RunEvent], detail: Detail) -> String {
    tell_with_logs(events, detail, PathBuf::from("nowhere"))
}

fn tell_with_logs(events: &[RunEvent], detail: Detail, logs: PathBuf) -> String {
    let mut narrator = Narrator::new(detail, Style::PLAIN, move |_, stage| logs.join(stage));
    let lines = events.iter().flat_map(|event| narrator.tell(event, Some(41.34)));
    lines.map(|line| line + "\n").collect()
}

fn run_started(stages: usize, fresh: usize) -> RunEvent {
    RunEvent::RunStarted { run: "20260101-120000-ab".into(), pipeline: "digits".into(), stages, fresh }
}

fn started(stage: &str, reasons: Vec<Reason>) -> RunEvent {
    RunEvent::StageStarted { stage: stage.into(), reasons }
}

fn progress(stage: &str, progress: StageEvent) -> RunEvent {
    RunEvent::StageProgress { stage: stage.into(), progress }
}

fn finished(stage: &str, outcome: StageResult, seconds: f64, message: Option<&str>) -> RunEvent {
    let message = message.map(str::to_owned);
    RunEvent::StageFinished { stage: stage.into(), outcome, seconds, message, hints: Vec::new() }
}

fn run_finished(status: RunStatus, stages: &[(&str, StageResult)]) -> RunEvent {
    let stages = stages
        .iter()
        .map(|(stage, outcome)| ((*stage).to_owned(), FinishedStage { outcome: *outcome, seconds: 1.0 }));
    RunEvent::RunFinished { status, run: "20260101-120000-ab".into(), stages: stages.collect() }
}

fn lr_changed() -> Vec<Reason> {
    vec![Reason::ParamChanged { name: "lr".into(), old: json!(0.1), new: json!(0.05) }]
}

fn epoch(epoch: u32) -> StageEvent {
    StageEvent::Epoch {
        epoch,
        epochs: 12,
        lr: 0.1 * (1.0 - f64::from(epoch) / 12.0),
        train_loss: 0.812_34,
        train_accuracy: 0.801_2,
        val_loss: Some(0.5),
        val_accuracy: Some(0.882),
        seconds: 1.1,
        images_per_second: 1_510.0,
    }
}

fn a_training() -> Vec<RunEvent> {
    vec![
        run_started(5, 3),
        finished("dataset", StageResult::Fresh, 0.0, None),
        finished("means", StageResult::Restored, 0.02, None),
        started("train", lr_changed()),
        progress("train", StageEvent::Started { device: "cpu".into(), threads: 2 }),
        progress("train", StageEvent::Resumed { epoch: 4, epochs: 12 }),
        progress(
            "train",
            StageEvent::Step { epoch: 4, epochs: 12, step: 3, steps: 47, loss: 0.9, images_per_second: 9.0 },
        ),
        progress("train", epoch(4)),
        progress("train", StageEvent::Checkpoint { epoch: 5 }),
        progress("train", StageEvent::Warning { message: "2 images are grey".into() }),
        RunEvent::StageRetried { stage: "train".into(), attempt: 1, error: "exited with status 1".into() },
        finished("train", StageResult::Executed, 125.3, None),
        RunEvent::Warning { message: "the disk is nearly full".into() },
        run_finished(
            RunStatus::Succeeded,
            &[
                ("dataset", StageResult::Fresh),
                ("means", StageResult::Restored),
                ("train", StageResult::Executed),
            ],
        ),
    ]
}

#[test]
fn in_a_pipe_every_epoch_is_told() {
    assert_snapshot!(tell(&a_training(), Detail::Everything));
}

#[test]
fn below_bars_only_outcomes_are_told() {
    assert_snapshot!(tell(&a_training(), Detail::Outcomes));
}

#[test]
fn nothing_to_do_is_one_line() {
    let events = [
        run_started(2, 2),
        run_finished(RunStatus::Succeeded, &[("a", StageResult::Fresh), ("b", StageResult::Fresh)]),
    ];
    assert_eq!(tell(&events, Detail::Everything), "0 executed, 2 fresh, nothing to do\n");
}

#[test]
fn failures_come_last_with_log_and_hints() {
    let logs = tempfile::tempdir().unwrap();
    fs::write(logs.path().join("train"), "reading data/digits\nRuntimeError: out of memory\n").unwrap();
    let failed = RunEvent::StageFinished {
        stage: "train".into(),
        outcome: StageResult::Failed,
        seconds: 2.13,
        message: Some("crashed with signal 11 (SIGSEGV, invalid memory access)".into()),
        hints: vec!["repeat it with: pipeline-worker run .pipeline/stages/ab".into()],
    };
    let events = [
        run_started(2, 0),
        started("train", vec![Reason::NeverRun]),
        failed,
        finished("rank", StageResult::Skipped, 0.0, Some("needs `train`, which failed")),
        run_finished(RunStatus::Failed, &[("train", StageResult::Failed), ("rank", StageResult::Skipped)]),
    ];
    let told = tell_with_logs(&events, Detail::Outcomes, logs.path().to_owned());
    assert_snapshot!(told.replace(&logs.path().display().to_string(), "LOGS"));
}

#[test]
fn an_interrupted_run_says_so() {
    let events = [
        run_started(1, 0),
        started("train", vec![Reason::Forced]),
        finished("train", StageResult::Interrupted, 7.0, Some("told to stop")),
        run_finished(RunStatus::Interrupted, &[("train", StageResult::Interrupted)]),
    ];
    assert_snapshot!(tell(&events, Detail::Everything));
}

#[test]
fn what_is_told_again_later_is_the_same() {
    let events = a_training();
    let stored: Vec<RunEvent> = events
        .iter()
        .map(|event| serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap())
        .collect();
    assert_eq!(tell(&stored, Detail::Everything), tell(&events, Detail::Everything));
}
