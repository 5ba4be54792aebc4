//! The file that the documentation shows, read whole.

#![allow(clippy::unwrap_used)]

use serde_json::json;
use spec::{Goal, Kind, Piece, Pipeline, Source, Stage};
use std::path::Path;

const FILE: &str = r#"
description = "Pre-activation ResNet on Tiny ImageNet, linear learning-rate decay"

[params]                              # named values; `--set epochs=10` overrides one
data   = "data/tiny-imagenet-200"
epochs = 75

[stages.dataset]
kind   = "dataset"                    # what the stage does
format = "tiny-imagenet"
source = "${params.data}"             # a path outside the pipeline: its content is an input
image_size = 64
test_per_class = 50
seed   = 42

[stages.means]
kind    = "means"
dataset = "${stages.dataset.train}"   # a reference to another stage's output: this is the edge

[stages.train]
kind       = "decay-train"
train      = "${stages.dataset.train}"
val        = "${stages.dataset.val}"
means      = "${stages.means.means}"
epochs     = "${params.epochs}"       # a string that is one reference keeps the value's type: 75, not "75"
batch_size = 64
lr         = 0.1
model   = { block = "preact-bottleneck", stem = "tiny-imagenet", stages = [3, 4, 6], filters = [64, 128, 256, 512], l2 = 5e-4 }
augment = { rotation = 18, zoom = 0.15, shift = 0.2, shear = 0.15, horizontal_flip = true }
resources = { gpus = 1 }

[stages.rank]
kind    = "evaluate"
weights = "${stages.train.weights}"
dataset = "${stages.dataset.test}"

[stages.note]
kind    = "command"                   # any program
run     = "python3 scripts/note.py ${inputs.metrics} ${outputs.note}"
inputs  = { metrics = "${stages.rank.metrics}", script = "scripts/note.py" }
outputs = { note = "note.md" }

[metrics]                             # what `compare` shows, best direction, display
"rank.rank1" = { goal = "max", label = "rank-1", percent = true }

[[references]]                        # published values, shown beside ours
name    = "published, experiment 2"
metrics = { "rank.rank1" = 0.5803, "rank.rank5" = 0.8046 }
"#;

fn pipeline() -> Pipeline {
    let file = Path::new("/project/pipelines/tiny_imagenet_decay.toml");
    spec::parse(FILE, file, Path::new("/project"), &[]).unwrap_or_else(|errors| panic!("{errors}"))
}

fn stage<'a>(pipeline: &'a Pipeline, name: &str) -> &'a Stage {
    pipeline.stages.iter().find(|stage| stage.name == name).unwrap()
}

fn output(stage: &str, output: &str) -> Source {
    Source::Output { stage: stage.into(), output: output.into(), inside: None }
}

#[test]
fn the_pipeline_itself() {
    let pipeline = pipeline();
    assert_eq!(pipeline.name, "tiny_imagenet_decay");
    assert_eq!(pipeline.file, Path::new("pipelines/tiny_imagenet_decay.toml"));
    assert_eq!(pipeline.params.len(), 2);
    let names: Vec<_> = pipeline.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["dataset", "means", "train", "rank", "note"]);
    let metric = &pipeline.metrics[0];
    assert_eq!((metric.name.as_str(), metric.goal, metric.percent), ("rank.rank1", Goal::Max, true));
    assert_eq!(metric.label.as_deref(), Some("rank-1"));
    assert_eq!(pipeline.references[0].metrics["rank.rank5"], 0.8046);
}

#[test]
fn built_in_stages_have_their_defaults_filled_in() {
    let pipeline = pipeline();
    let train = stage(&pipeline, "train");
    assert_eq!(train.kind, Kind::DecayTrain);
    assert_eq!(
        serde_json::to_value(&train.params).unwrap(),
        json!({
            "augment": { "rotation": 18.0, "zoom": 0.15, "shift": 0.2, "shear": 0.15, "horizontal_flip": true },
            "batch_size": 64, "epochs": 75, "lr": 0.1, "momentum": 0.9, "power": 1.0, "precision": "f32",
            "seed": 42, "shuffle": true,
            "model": {
                "block": "preact-bottleneck", "stem": "tiny-imagenet", "l2": 5e-4, "block_l2": 1e-4,
                "stages": [3, 4, 6], "filters": [64, 128, 256, 512],
            },
        })
    );
    assert_eq!(train.hints["checkpoint_every"], 5);
    assert_eq!(train.resources.gpus, 1);
    let names: Vec<_> = train.inputs.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(names, ["means", "train", "val"]);
    assert_eq!(train.inputs[1].sources, [output("dataset", "train")]);
    assert_eq!(train.outputs.len(), 7);
}

#[test]
fn commands_keep_their_references() {
    let pipeline = pipeline();
    let note = stage(&pipeline, "note");
    let text = |text: &str| vec![Piece::Text(text.into())];
    assert_eq!(
        note.command.as_ref().unwrap().argv,
        [
            text("python3"),
            text("scripts/note.py"),
            vec![Piece::Input("metrics".into())],
            vec![Piece::Output("note".into())]
        ]
    );
    assert_eq!(note.inputs[0].sources, [output("rank", "metrics")]);
    assert_eq!(note.inputs[1].sources, [Source::Path("scripts/note.py".into())]);
    assert_eq!(note.outputs[0].file, "note.md");
}
