//! Forward pass, training steps and parameter counts against Keras and PyTorch (`tests/golden/README.md`).

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use spec::kinds::{Block, ModelParams, Precision, Stem};
use std::{collections::BTreeMap, fs, path::PathBuf};
use tch::{Device, Kind, Tensor};
use train::{
    Batch, Network, Optimiser, OptimiserSettings, StepRule, cross_entropy, load_weights, training_step,
};

fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(file)
}

fn settings(file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(golden(file)).unwrap()).unwrap()
}

fn tensors(file: &str) -> BTreeMap<String, Tensor> {
    load_weights(&golden(file)).unwrap().tensors.into_iter().collect()
}

fn model(settings: &Value) -> ModelParams {
    let numbers = |key: &str| serde_json::from_value(settings[key].clone()).unwrap();
    ModelParams {
        block: match settings["block"].as_str() {
            Some("bottleneck") => Block::Bottleneck,
            Some("basic") => Block::Basic,
            _ => Block::PreactBottleneck,
        },
        stem: if settings["stem"] == "cifar" { Stem::Cifar } else { Stem::TinyImagenet },
        stages: numbers("stages"),
        filters: numbers("filters"),
        l2: settings["reg"].as_f64().unwrap(),
        block_l2: settings["block_reg"].as_f64().unwrap(),
    }
}

/// A network with the file's weights, its optimiser, and the batches.
struct Golden {
    settings: Value,
    network: Network,
    optimiser: Optimiser,
    images: Tensor,
    labels: Tensor,
    eval_probabilities: Tensor,
}

impl Golden {
    fn load(file: &str, name: &str, precision: Precision) -> Self {
        let settings = settings(file)[name].clone();
        let model = model(&settings);
        let classes = settings["classes"].as_i64().unwrap();
        let mut network = Network::new(&model, classes, 0, Device::Cpu, precision).unwrap();
        network
            .load_named(&load_weights(&golden(&format!("{name}.init.safetensors"))).unwrap().tensors)
            .unwrap();
        let momentum = settings["momentum"].as_f64().unwrap();
        let rule = OptimiserSettings { momentum, ..OptimiserSettings::default() };
        let optimiser = Optimiser::new(&network, &model, rule).unwrap();
        let mut data = tensors(&format!("{name}.data.safetensors"));
        let mut take = |key: &str| data.remove(key).unwrap();
        let (images, labels) = (take("images"), take("labels"));
        let eval_probabilities = take("eval_probabilities");
        Self { settings, network, optimiser, images, labels, eval_probabilities }
    }

    fn batch(&self, step: usize) -> Batch {
        let images = self.images.get(step as i64).to_kind(Kind::Float);
        let channels_last = images.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
        Batch { images: channels_last, labels: self.labels.get(step as i64), partners: None }
    }

    /// Trains on a batch; gives the loss.
    fn step(&mut self, step: usize) -> f64 {
        let (batch, lr) = (self.batch(step), self.number("lr"));
        training_step(&self.network, &mut self.optimiser, &batch, &StepRule::plain(lr))
            .unwrap()
            .loss
            .double_value(&[])
    }

    fn number(&self, key: &str) -> f64 {
        self.settings[key].as_f64().unwrap()
    }

    fn losses(&self) -> Vec<f64> {
        serde_json::from_value(self.settings["train_losses"].clone()).unwrap()
    }
}

fn largest(tensor: &Tensor) -> f64 {
    tensor.abs().max().double_value(&[])
}

fn relative(found: f64, wanted: f64) -> f64 {
    (found - wanted).abs() / wanted.abs()
}

fn predictions_match(file: &str, name: &str) {
    let golden = Golden::load(file, name, Precision::F32);
    let logits = golden.network.forward(&golden.batch(0).images, false).unwrap();
    let difference = largest(&(logits.softmax(1, Kind::Float) - &golden.eval_probabilities));
    assert!(difference <= 1e-6, "{name}: probabilities differ by {difference:e}");
}

/// How far running variances, and the losses that depend on them, may be off, relative to their size.
struct RunningVariance {
    tolerance: f64,
    loss_tolerance: f64,
}

/// Keras averages the biased variance of the batch, PyTorch the unbiased one.
const BIASED: RunningVariance = RunningVariance { tolerance: 1e-3, loss_tolerance: 1e-4 };
const UNBIASED: RunningVariance = RunningVariance { tolerance: 1e-5, loss_tolerance: 1e-5 };

fn training_matches(file: &str, name: &str, running_variance: &RunningVariance) {
    let mut golden = Golden::load(file, name, Precision::F32);
    for (step, wanted) in golden.losses().into_iter().enumerate() {
        let loss = golden.step(step);
        assert!(relative(loss, wanted) <= 1e-5, "{name}: loss {loss} in step {step}, wanted {wanted}");
    }
    let wanted = tensors(&format!("{name}.after.safetensors"));
    for (tensor_name, found) in golden.network.named_tensors() {
        let wanted = &wanted[&tensor_name];
        let difference = largest(&(found - wanted)) / largest(wanted);
        let is_variance = tensor_name.ends_with("running_var");
        let tolerance = if is_variance { running_variance.tolerance } else { 1e-5 };
        assert!(difference <= tolerance, "{name}: {tensor_name} differs by {difference:e}");
    }
    let Batch { images, labels, .. } = golden.batch(0);
    let logits = golden.network.forward(&images, false).unwrap();
    let loss = cross_entropy(&logits, &labels).unwrap() + golden.optimiser.penalty().unwrap();
    let (loss, wanted) = (loss.double_value(&[]), golden.number("eval_loss_after"));
    let tolerance = running_variance.loss_tolerance;
    assert!(relative(loss, wanted) <= tolerance, "{name}: evaluation loss {loss}, wanted {wanted}");
}

#[test]
fn cifar_network_predicts_as_keras() {
    predictions_match("resnet.json", "cifar_mini");
}

#[test]
fn tiny_imagenet_network_predicts_as_keras() {
    predictions_match("resnet.json", "tiny_mini");
}

#[test]
fn cifar_network_trains_as_keras() {
    training_matches("resnet.json", "cifar_mini", &BIASED);
}

#[test]
fn tiny_imagenet_network_trains_as_keras() {
    training_matches("resnet.json", "tiny_mini", &BIASED);
}

#[test]
fn bottleneck_network_predicts_and_trains_as_pytorch() {
    predictions_match("blocks.json", "bottleneck_mini");
    training_matches("blocks.json", "bottleneck_mini", &UNBIASED);
}

#[test]
fn basic_network_predicts_and_trains_as_pytorch() {
    predictions_match("blocks.json", "basic_mini");
    training_matches("blocks.json", "basic_mini", &UNBIASED);
}

/// A bfloat16 has 8 significant bits; PyTorch's autocast on the same network is off by as much.
#[test]
fn bfloat16_trains_as_well_as_its_resolution_allows() {
    let mut golden = Golden::load("resnet.json", "tiny_mini", Precision::Bf16);
    for (step, wanted) in golden.losses().into_iter().enumerate() {
        let error = relative(golden.step(step), wanted);
        assert!((1e-6..=5e-3).contains(&error), "the loss of step {step} is off by {error:e}");
    }
    let (before, after) = (tensors("tiny_mini.init.safetensors"), tensors("tiny_mini.after.safetensors"));
    for (name, found) in golden.network.named_tensors() {
        assert_eq!(found.kind(), Kind::Float, "{name}");
        let change = (&after[&name] - &before[&name]).norm().double_value(&[]);
        let error = (found - &after[&name]).norm().double_value(&[]) / change;
        let tolerance = match &name {
            name if name.contains("running") => 1e-2,
            name if name.contains("conv") => 0.5,
            _ => continue,
        };
        assert!(error <= tolerance, "the change of {name} is off by {error}");
    }
}

#[test]
fn published_networks_have_their_published_sizes() {
    let counts = settings("resnet.json")["parameter_counts"].clone();
    let networks = [
        ("cifar10_exp1", Stem::Cifar, vec![9, 9, 9], vec![16, 16, 32, 64], 10),
        ("cifar10_exp2", Stem::Cifar, vec![9, 9, 9], vec![16, 64, 128, 256], 10),
        ("cifar10_exp3", Stem::Cifar, vec![9, 9, 9], vec![64, 64, 128, 256], 10),
        ("tiny_imagenet", Stem::TinyImagenet, vec![3, 4, 6], vec![64, 128, 256, 512], 200),
    ];
    for (name, stem, stages, filters, classes) in networks {
        let model =
            ModelParams { block: Block::PreactBottleneck, stem, stages, filters, l2: 5e-4, block_l2: 1e-4 };
        let network = Network::new(&model, classes, 1, Device::Cpu, Precision::F32).unwrap();
        assert_eq!(counts[name]["trainable"], network.trainable_parameters(), "{name}");
        assert_eq!(counts[name]["non_trainable"], network.non_trainable_parameters(), "{name}");
    }
}
