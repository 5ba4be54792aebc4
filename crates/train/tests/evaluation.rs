//! Evaluations of trained weights, held against what the training itself reported.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use spec::kinds::EvaluateParams;
use std::{collections::BTreeMap, fs, path::PathBuf, sync::atomic::AtomicBool};
use support::{Experiment, SIZE, read_files};
use train::{EvaluationFiles, EvaluationJob, EvaluationMetrics, TrainError};

struct Evaluated {
    metrics: EvaluationMetrics,
    files: BTreeMap<String, Vec<u8>>,
}

impl Evaluated {
    fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_reader(&*self.files[name]);
        reader.deserialize().map(|row| row.unwrap()).collect()
    }
}

fn evaluate(experiment: &Experiment, dataset: &str, flip: bool) -> Result<Evaluated, TrainError> {
    evaluate_together(experiment, &["run"], dataset, flip)
}

/// Evaluates what several trainings have made, each in a folder of its own.
fn evaluate_together(
    experiment: &Experiment,
    runs: &[&str],
    dataset: &str,
    flip: bool,
) -> Result<Evaluated, TrainError> {
    let folder: PathBuf = experiment.path("evaluation");
    fs::create_dir_all(&folder).unwrap();
    let job = EvaluationJob {
        weights: runs.iter().map(|run| experiment.path(&format!("{run}/weights.safetensors"))).collect(),
        dataset: experiment.path(dataset),
        params: EvaluateParams { batch_size: 7, flip },
        device: tch::Device::Cpu,
    };
    let files = EvaluationFiles {
        metrics: folder.join("metrics.json"),
        confusion: folder.join("confusion.csv"),
        confusion_plot: folder.join("confusion.png"),
        per_class: folder.join("per_class.csv"),
        predictions: folder.join("predictions.csv"),
    };
    let metrics = train::evaluate(&job, &files, &AtomicBool::new(false), &mut |_| ())?;
    Ok(Evaluated { metrics, files: read_files(&folder) })
}

fn trained() -> Experiment {
    let experiment = Experiment::new();
    experiment.train("run", &experiment.job(r#""lr": 0.05, "epochs": 2"#)).outputs();
    experiment
}

#[test]
fn weights_alone_give_the_figures_that_the_training_reported() {
    let experiment = trained();
    let evaluated = evaluate(&experiment, "val.h5", false).unwrap();
    let reported = fs::read(experiment.path("run/metrics.json")).unwrap();
    let reported: serde_json::Value = serde_json::from_slice(&reported).unwrap();
    assert_eq!(evaluated.metrics.rank1, reported["val_accuracy"]);
    assert!((evaluated.metrics.loss - reported["val_loss"].as_f64().unwrap()).abs() < 1e-6);
    assert_eq!((evaluated.metrics.samples, evaluated.metrics.classes, evaluated.metrics.rank5), (18, 3, 1.0));
}

#[test]
fn the_files_agree_with_each_other() {
    let evaluated = evaluate(&trained(), "val.h5", false).unwrap();
    let predictions = evaluated.rows("predictions.csv");
    let right = predictions.iter().filter(|row| row["label"] == row["predicted"]).count();
    let first = predictions.iter().filter(|row| row["rank"] == "1").count();
    let correct: usize =
        evaluated.rows("per_class.csv").iter().map(|row| row["correct"].parse::<usize>().unwrap()).sum();
    let confusion = evaluated.rows("confusion.csv");
    let diagonal: usize =
        confusion.iter().map(|row| row[&row["label \\ predicted"]].parse::<usize>().unwrap()).sum();
    assert_eq!([right, first, correct, diagonal], [(evaluated.metrics.rank1 * 18.0).round() as usize; 4]);
    let metrics: serde_json::Value = serde_json::from_slice(&evaluated.files["metrics.json"]).unwrap();
    assert_eq!(metrics["rank1"], evaluated.metrics.rank1);
    assert!(evaluated.files["confusion.png"].starts_with(b"\x89PNG"));
}

#[test]
fn flipping_makes_mirror_images_equal() {
    let experiment = trained();
    let mirror = |image: &[u8]| image.chunks(SIZE).flat_map(|row| row.iter().rev().copied()).collect();
    experiment.write_dataset("mirrored", 18, 2, mirror);
    let loss = |dataset, flip| evaluate(&experiment, dataset, flip).unwrap().metrics.loss;
    assert!((loss("val.h5", true) - loss("mirrored.h5", true)).abs() < 1e-5);
    assert!((loss("val.h5", false) - loss("mirrored.h5", false)).abs() > 1e-3);
}

#[test]
fn several_networks_are_measured_by_the_mean_of_their_probabilities() {
    let experiment = trained();
    experiment.train("other", &experiment.job(r#""lr": 0.02, "epochs": 1"#)).outputs();
    let rows = |runs: &[&str]| evaluate_together(&experiment, runs, "val.h5", false).unwrap();
    let (one, other, both) = (rows(&["run"]), rows(&["other"]), rows(&["run", "other"]));
    let again = rows(&["run", "run", "run"]);
    assert!((again.metrics.loss - one.metrics.loss).abs() < 1e-12);
    assert!(both.metrics.cross_entropy < one.metrics.cross_entropy.max(other.metrics.cross_entropy));
    let mut agreeing = 0;
    for ((one, other), both) in one
        .rows("predictions.csv")
        .iter()
        .zip(&other.rows("predictions.csv"))
        .zip(&both.rows("predictions.csv"))
    {
        if one["predicted"] == other["predicted"] {
            agreeing += 1;
            let probability = |row: &BTreeMap<String, String>| row["probability"].parse::<f64>().unwrap();
            assert_eq!(both["predicted"], one["predicted"]);
            assert!((probability(both) - (probability(one) + probability(other)) / 2.0).abs() < 1e-9);
        }
    }
    assert!(agreeing > 0);
}

#[test]
fn foreign_weights_and_datasets_are_refused() {
    let experiment = trained();
    let weights = experiment.path("run/weights.safetensors");
    let bytes = fs::read(&weights).unwrap();
    let names = br#"[\"0\",\"1\",\""#;
    let name = bytes.windows(names.len()).position(|window| window == names).unwrap();
    let mut renamed = bytes.clone();
    renamed[name + 3] = b'7';
    fs::write(&weights, renamed).unwrap();
    let error = evaluate(&experiment, "val.h5", false).err().unwrap().to_string();
    assert!(error.contains("the network has `7` as class 0") && error.contains("val.h5 has `0`"), "{error}");

    fs::write(&weights, &bytes[..bytes.len() - 1]).unwrap();
    assert!(matches!(evaluate(&experiment, "val.h5", false), Err(TrainError::Damaged { .. })));
}
