//! The pipelines of this repository, run by the real `pipeline` with the real worker, on embedded data and on small
//! trees in the published layouts.
#![allow(clippy::unwrap_used)]

mod archives;
mod collection;
mod fetching;
mod published;
mod questions;

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Child,
};
use testkit::Project;

/// A project with the pipelines of this repository.
fn project() -> Project {
    let worker = PathBuf::from(env!("CARGO_BIN_EXE_pipeline-worker"));
    let project = Project::with_worker(worker.with_file_name("pipeline"), worker);
    for folder in ["pipelines", "pipelines/common"] {
        let entries =
            std::fs::read_dir(repository().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        for path in entries.filter(|path| path.is_file()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            project.file(&format!("{folder}/{name}"), std::fs::read(&path).unwrap());
        }
    }
    project
}

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The same with the embedded digits.
fn with_digits() -> Project {
    let project = project();
    for name in ["images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"] {
        project.file(
            &format!("data/digits/{name}"),
            std::fs::read(repository().join("data/digits").join(name)).unwrap(),
        );
    }
    project
}

/// A network small enough for a test, two epochs; so narrow that oneDNN alone would crash on it (`Convolution`).
const SMALL: [&str; 6] = [
    "--set",
    "epochs=2",
    "--set",
    "stages.train.model.filters=[4,8,8,8]",
    "--set",
    "stages.train.model.stages=[1,1,1]",
];

fn digits(extra: &[&str]) -> Vec<String> {
    let arguments = ["run", "pipelines/digits.toml", "--json"].iter().chain(&SMALL).chain(extra);
    arguments.map(ToString::to_string).collect()
}

fn run(project: &Project, arguments: &[String]) -> testkit::Ran {
    project.pipeline_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Waits until the process, whose output is piped, prints a line with `part`.
fn wait_for_line(child: &mut Child, part: &str) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains(part)));
}

#[test]
fn digits_run_once_and_only_training_follows_its_learning_rate() {
    let project = with_digits();
    assert_eq!(run(&project, &digits(&[])).ok().executed(), ["dataset", "means", "rank", "train"]);
    assert!(run(&project, &digits(&[])).ok().executed().is_empty());
    assert_eq!(run(&project, &digits(&["--set", "lr=0.05"])).ok().executed(), ["rank", "train"]);
    let back = run(&project, &digits(&[])).ok();
    assert_eq!(back.stages_with("restored"), ["rank", "train"]);
    let table = project.pipeline_with(&["compare", "--format", "json"]).ok().json();
    assert_eq!(table["rows"].as_array().unwrap().len(), 2, "{table}");
}

#[test]
fn a_training_killed_with_its_runner_goes_on_and_ends_with_the_same_bytes() {
    let (undisturbed, killed) = (with_digits(), with_digits());
    let arguments = digits(&["--set", "epochs=4"]);
    run(&undisturbed, &arguments).ok();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut child = killed.command(&arguments).stdout(std::process::Stdio::piped()).spawn().unwrap();
    // The checkpoint of the first epoch is on disk.
    wait_for_line(&mut child, r#""event":"checkpoint""#);
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = killed.pipeline_with(&arguments).ok();
    assert!(resumed.stdout.contains(r#""event":"resumed""#), "{}", resumed.stdout);
    for file in
        ["weights.safetensors", "history.json", "history.csv", "metrics.json", "curves.png", "curves.svg"]
    {
        let of =
            |project: &Project| std::fs::read(project.path(&format!("results/digits/train/{file}"))).unwrap();
        assert!(of(&undisturbed) == of(&killed), "{file} differs");
    }
}

#[test]
fn the_modern_tiny_imagenet_runs_to_the_end_on_a_small_tree() {
    let project = project();
    data::fixtures::write_tiny_imagenet(&project.path("data/tiny-imagenet-200"), 40, 4, 1).unwrap();
    let settings = [
        "data=data/tiny-imagenet-200",
        "epochs=3",
        "test_per_class=1",
        "filters=[8,16,16,16]",
        "batch_size=30",
    ];
    let mut arguments = vec!["run", "pipelines/tiny_imagenet_modern.toml", "--json"];
    arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    let ran = project.pipeline_with(&arguments).ok();
    assert_eq!(ran.executed(), ["dataset", "means", "rank", "train"]);
    let train = |file: &str| project.read(&format!("results/tiny_imagenet_modern/train/{file}"));
    let history: serde_json::Value = serde_json::from_str(&train("history.json")).unwrap();
    let rates: Vec<f64> = (0..3).map(|epoch| history["epochs"][epoch]["lr"].as_f64().unwrap()).collect();
    for (rate, expected) in rates.iter().zip([0.1 / 3.0, 0.075 * 2.0 / 3.0, 0.025]) {
        assert!((rate - expected).abs() < 1e-12, "a cosine times a warm-up over all three epochs: {rates:?}");
    }
    assert!(project.path("results/tiny_imagenet_modern/train/tensorboard").read_dir().unwrap().count() == 1);
}

#[test]
fn without_the_data_it_plans_and_says_what_is_missing() {
    let project = project();
    let arguments = ["pipelines/tiny_imagenet_decay.toml", "--set", "data=data/tiny-imagenet-200"];
    let with = |command| [&[command], arguments.as_slice()].concat();
    project.pipeline_with(&with("plan")).ok();
    let refused = project.pipeline_with(&with("run")).expect_code(2);
    assert!(refused.stderr.contains("tiny-imagenet-200"), "{}", refused.stderr);
    assert!(!project.path(".pipeline").exists());
}

#[test]
fn fashion_mnist_reads_the_published_layout() {
    let project = project();
    data::fixtures::write_mnist(&project.path("fashion"), 600, 100, 28).unwrap();
    let mut arguments = vec!["run", "pipelines/fashion_mnist.toml", "--json", "--set", "data=fashion"];
    arguments.extend(SMALL);
    arguments.extend(["--set", "stages.dataset.val_per_class=5"]);
    let ran = project.pipeline_with(&arguments).ok();
    assert_eq!(ran.executed(), ["dataset", "means", "rank", "train"]);
}
