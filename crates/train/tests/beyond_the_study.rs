//! What the study did not use: averages, accumulation, early stopping, the best epoch's weights.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use proto::StageEvent;
use serde_json::{Value, json};
use spec::kinds::{EarlyStopping, EvaluateParams, Figure, Precision};
use std::{fs, sync::atomic::AtomicBool};
use support::{Experiment, Run};
use tch::{Device, Kind, Tensor};
use train::{
    Batch, EvaluationFiles, EvaluationJob, EvaluationMetrics, Network, Optimiser, OptimiserSettings, Part,
    StepRule, TrainError, TrainingJob, training_step,
};

type Moment = fn(&StageEvent) -> bool;

const EVERYTHING: &str = r#""phases": [{"epochs": 2, "lr": 0.05}, {"epochs": 2, "lr": 0.01}],
    "nesterov": true, "warmup_epochs": 1.5, "label_smoothing": 0.1, "weight_decay": 1e-3, "decay_norms": true,
    "clip_norm": 1.0, "accumulate": 2, "ema_decay": 0.9, "keep_best": "val_loss", "tensorboard": true,
    "early_stopping": {"patience": 3, "metric": "train_loss"}"#;

/// A training by constant `lr`, each epoch the same, that stops early by a figure that cannot become better.
fn stopping(experiment: &Experiment, patience: u32) -> TrainingJob {
    let mut job = experiment.job(r#""lr": 0.0, "epochs": 6"#);
    job.params.early_stopping = Some(EarlyStopping { patience, metric: Figure::ValLoss, min_delta: 1e9 });
    job
}

fn json(run: &Run, file: &str) -> Value {
    serde_json::from_slice(&run.outputs()[file]).unwrap()
}

/// What the weights that a run saved make of the validation set.
fn evaluated(experiment: &Experiment, run: &Run) -> EvaluationMetrics {
    let job = EvaluationJob {
        weights: vec![run.folder.join("weights.safetensors")],
        dataset: experiment.path("val.h5"),
        params: EvaluateParams { batch_size: 256, flip: false },
        device: Device::Cpu,
    };
    let folder = experiment.path("evaluation");
    fs::create_dir_all(&folder).unwrap();
    let files = EvaluationFiles {
        metrics: folder.join("metrics.json"),
        confusion: folder.join("confusion.csv"),
        confusion_plot: folder.join("confusion.png"),
        per_class: folder.join("per_class.csv"),
        predictions: folder.join("predictions.csv"),
    };
    train::evaluate(&job, &files, &AtomicBool::new(false), &mut |_| ()).unwrap()
}

#[test]
fn with_everything_on_a_stopped_training_ends_like_one_that_was_not() {
    let experiment = Experiment::new();
    let job = experiment.job(EVERYTHING);
    let undisturbed = experiment.train("undisturbed", &job);
    let expected = undisturbed.outputs();
    assert!(expected.keys().any(|name| name.starts_with("tensorboard/")), "{:?}", expected.keys());
    let after_first = |event: &StageEvent| matches!(event, StageEvent::Epoch { epoch: 0, .. });
    let within_second = |event: &StageEvent| matches!(event, StageEvent::Step { epoch: 1, .. });
    let within_third = |event: &StageEvent| matches!(event, StageEvent::Step { epoch: 2, .. });
    let at_once = |event: &StageEvent| matches!(event, StageEvent::Step { epoch: 0, .. });
    for moment in [after_first, within_second, within_third, at_once] as [Moment; 4] {
        fs::remove_dir_all(&job.checkpoints).unwrap();
        let stopped = experiment.train_until("stopped", &job, moment);
        assert!(matches!(stopped.result, Err(TrainError::Interrupted)));
        let resumed = experiment.train("stopped", &job);
        assert!(!resumed.executed().is_empty());
        assert_eq!(resumed.outputs(), expected);
    }
}

#[test]
fn each_option_changes_the_weights() {
    let experiment = Experiment::new();
    let plain = r#""lr": 0.05, "epochs": 2"#;
    let mut seen =
        vec![experiment.train("plain", &experiment.job(plain)).outputs()["weights.safetensors"].clone()];
    for option in [
        r#""warmup_epochs": 0.5"#,
        r#""label_smoothing": 0.1"#,
        r#""weight_decay": 1e-3"#,
        r#""weight_decay": 1e-3, "decay_norms": true"#,
        r#""clip_norm": 0.1"#,
        r#""accumulate": 2"#,
        r#""ema_decay": 0.9"#,
    ] {
        let run = experiment.train("run", &experiment.job(&format!("{plain}, {option}")));
        let weights = run.outputs()["weights.safetensors"].clone();
        assert!(!seen.contains(&weights), "{option}");
        seen.push(weights);
    }
}

#[test]
fn an_epoch_without_gain_too_many_ends_the_training() {
    let experiment = Experiment::new();
    let run = experiment.train("run", &stopping(&experiment, 2));
    assert_eq!(run.executed(), [0, 1, 2]);
    assert_eq!(json(&run, "metrics.json")["epochs"], 3);
    assert_eq!(json(&run, "history.json")["stopped_early"], true);
    let again = experiment.train("again", &stopping(&experiment, 2));
    assert!(again.executed().is_empty());
    assert_eq!(again.outputs(), run.outputs());
    let more_patient = experiment.train("more", &stopping(&experiment, 4));
    assert_eq!(more_patient.executed(), [3, 4]);
}

#[test]
fn states_from_beyond_the_end_are_not_taken_up() {
    let experiment = Experiment::new();
    let expected = experiment.train("expected", &stopping(&experiment, 1)).outputs();
    fs::remove_dir_all(experiment.path("checkpoints")).unwrap();
    let mut to_the_end = stopping(&experiment, 1);
    to_the_end.params.early_stopping = None;
    experiment.train("to-the-end", &to_the_end).outputs();
    let run = experiment.train("run", &stopping(&experiment, 1));
    assert!(run.warnings().is_empty(), "{:?}", run.warnings());
    assert_eq!(run.outputs(), expected);
}

#[test]
fn the_best_epoch_s_weights_are_the_ones_that_had_its_figures() {
    let experiment = Experiment::new();
    // The second phase ruins the network.
    let phases = r#""phases": [{"epochs": 3, "lr": 0.05}, {"epochs": 2, "lr": 3.0}]"#;
    for average in ["", r#", "ema_decay": 0.5"#] {
        let job = experiment.job(&format!(r#"{phases}, "keep_best": "val_loss"{average}"#));
        let run = experiment.train("run", &job);
        let history = json(&run, "history.json");
        let kept = history["kept_epoch"].as_u64().unwrap() as usize;
        assert!(kept < 4, "{history}");
        let metrics = json(&run, "metrics.json");
        assert_eq!((&metrics["kept_epoch"], &metrics["epochs"]), (&json!(kept), &json!(5)));
        for figure in ["train_loss", "train_accuracy", "val_loss", "val_cross_entropy", "val_accuracy"] {
            assert_eq!(metrics[figure], history["epochs"][kept][figure], "{figure}");
        }
        let losses: Vec<f64> =
            (0..5).map(|epoch| history["epochs"][epoch]["val_loss"].as_f64().unwrap()).collect();
        assert!(losses.iter().all(|loss| *loss >= losses[kept]), "{losses:?}");
        let found = evaluated(&experiment, &run).loss;
        assert!((found - losses[kept]).abs() < 1e-6, "{found}, wanted {}", losses[kept]);
    }
}

#[test]
fn weights_that_were_kept_do_not_claim_the_epochs_after_them() {
    let experiment = Experiment::new();
    let phases =
        r#""phases": [{"epochs": 3, "lr": 0.05}, {"epochs": 2, "lr": 3.0}], "keep_best": "val_loss""#;
    let run = experiment.train("run", &experiment.job(phases));
    let kept = json(&run, "history.json")["kept_epoch"].as_u64().unwrap();
    let metadata = |run: &Run| train::load_weights(&run.folder.join("weights.safetensors")).unwrap().metadata;
    let ruined = metadata(&run);
    assert_eq!(ruined["kept_epoch"], kept.to_string());
    let rates: Vec<f64> = serde_json::from_str(&ruined["learning_rates"]).unwrap();
    assert_eq!(rates.len() as u64, kept + 1);
    // A training that ends there is what they are the weights of.
    let short = format!(r#""lr": 0.05, "epochs": {}, "keep_best": "val_loss""#, kept + 1);
    let short = metadata(&experiment.train("short", &experiment.job(&short)));
    assert!(kept < 3 && ruined == short, "{ruined:?} {short:?}");
}

#[test]
fn averaged_weights_are_what_was_validated() {
    let experiment = Experiment::new();
    let run = experiment.train("run", &experiment.job(r#""lr": 0.05, "epochs": 3, "ema_decay": 0.9"#));
    let history = json(&run, "history.json");
    let expected = history["epochs"][2]["val_loss"].as_f64().unwrap();
    let found = evaluated(&experiment, &run).loss;
    assert!((found - expected).abs() < 1e-6, "{found}, wanted {expected}");
}

#[test]
fn figures_of_a_validation_set_that_is_not_there_are_refused() {
    let experiment = Experiment::new();
    let mut job = experiment.job(r#""lr": 0.05, "epochs": 3, "keep_best": "val_loss""#);
    job.inputs.val = None;
    let error = experiment.train("run", &job).result.unwrap_err().to_string();
    assert_eq!(error, "parameter `keep_best`: `val_loss` is known only with a validation set, `val`");
}

/// The same batch in two parts, since batch norm sees each part alone.
#[test]
fn parts_of_an_update_add_up_to_their_mean() {
    let model = serde_json::from_str(r#"{"stages": [1], "filters": [4, 8], "l2": 0.01}"#).unwrap();
    let batch = || {
        let images = Tensor::arange(4 * 6 * 6 * 3, (Kind::Float, Device::Cpu)).sin().view([4, 6, 6, 3]);
        let labels = Tensor::from_slice(&[0_i64, 1, 2, 0]);
        Batch { images: images.permute([0, 3, 1, 2]), labels, partners: None }
    };
    for precision in [Precision::F32, Precision::Bf16] {
        let train = |parts: &[Part]| {
            let network = Network::new(&model, 3, 5, Device::Cpu, precision).unwrap();
            let mut optimiser = Optimiser::new(&network, &model, OptimiserSettings::default()).unwrap();
            for &part in parts {
                let rule = StepRule { part, ..StepRule::plain(0.5) };
                training_step(&network, &mut optimiser, &batch(), &rule).unwrap();
            }
            let trained = |(name, _): &(String, Tensor)| !name.contains("running");
            network.named_tensors().into_iter().filter(trained).collect::<Vec<_>>()
        };
        let parts = [
            Part { begins: true, share: 0.25, ends: false },
            Part { begins: false, share: 0.75, ends: true },
        ];
        for ((name, whole), (_, parts)) in train(&[Part::WHOLE]).iter().zip(&train(&parts)) {
            let difference = (whole - parts).abs().max().double_value(&[]);
            let tolerance = if precision == Precision::F32 { 1e-6 } else { 2e-3 };
            assert!(difference < tolerance, "{name}: {difference:e}");
        }
    }
}
