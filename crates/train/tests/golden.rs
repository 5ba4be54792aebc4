//! Forward pass, training steps and parameter counts against Keras (`tests/golden/README.md`).

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use spec::kinds::{Block, ModelParams, Precision, Stem};
use std::{collections::BTreeMap, fs, path::PathBuf};
use tch::{Device, Kind, Tensor};
use train::{Batch, Network, Optimiser, cross_entropy, load_weights, training_step};

fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(file)
}

fn settings() -> Value {
    serde_json::from_str(&fs::read_to_string(golden("resnet.json")).unwrap()).unwrap()
}

fn tensors(file: &str) -> BTreeMap<String, Tensor> {
    load_weights(&golden(file)).unwrap().tensors.into_iter().collect()
}

fn model(settings: &Value) -> ModelParams {
    let numbers = |key: &str| serde_json::from_value(settings[key].clone()).unwrap();
    ModelParams {
        block: Block::PreactBottleneck,
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
    fn load(name: &str) -> Self {
        let settings = settings()[name].clone();
        let model = model(&settings);
        let classes = settings["classes"].as_i64().unwrap();
        let mut network = Network::new(&model, classes, 0, Device::Cpu, Precision::F32).unwrap();
        network
            .load_named(&load_weights(&golden(&format!("{name}.init.safetensors"))).unwrap().tensors)
            .unwrap();
        let momentum = settings["momentum"].as_f64().unwrap();
        let optimiser = Optimiser::new(&network, &model, momentum, false).unwrap();
        let mut data = tensors(&format!("{name}.data.safetensors"));
        let mut take = |key: &str| data.remove(key).unwrap();
        let (images, labels) = (take("images"), take("labels"));
        let eval_probabilities = take("eval_probabilities");
        Self { settings, network, optimiser, images, labels, eval_probabilities }
    }

    fn batch(&self, step: i64) -> (Tensor, Tensor) {
        let images = self.images.get(step).to_kind(Kind::Float);
        let channels_last = images.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
        (channels_last, self.labels.get(step))
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

fn initial_predictions_match(name: &str) {
    let golden = Golden::load(name);
    let logits = golden.network.forward(&golden.batch(0).0, false).unwrap();
    let difference = largest(&(logits.softmax(1, Kind::Float) - &golden.eval_probabilities));
    assert!(difference <= 1e-6, "{name}: probabilities differ by {difference:e}");
}

fn training_matches(name: &str) {
    let mut golden = Golden::load(name);
    for (step, wanted) in golden.losses().into_iter().enumerate() {
        let (images, labels) = golden.batch(step as i64);
        let lr = golden.number("lr");
        let batch = Batch { images, labels, partners: None };
        let result = training_step(&golden.network, &mut golden.optimiser, &batch, lr).unwrap();
        let loss = result.loss.double_value(&[]);
        assert!(relative(loss, wanted) <= 1e-5, "{name}: loss {loss} in step {step}, wanted {wanted}");
    }
    let wanted = tensors(&format!("{name}.after.safetensors"));
    for (tensor_name, found) in golden.network.named_tensors() {
        let wanted = &wanted[&tensor_name];
        let difference = largest(&(found - wanted)) / largest(wanted);
        let tolerance = if tensor_name.ends_with("running_var") { 1e-3 } else { 1e-5 };
        assert!(difference <= tolerance, "{name}: {tensor_name} differs by {difference:e}");
    }
    // On the first batch; the biased running variance of Keras moves it by a few 1e-5.
    let (images, labels) = golden.batch(0);
    let logits = golden.network.forward(&images, false).unwrap();
    let loss = cross_entropy(&logits, &labels).unwrap() + golden.optimiser.penalty().unwrap();
    let (loss, wanted) = (loss.double_value(&[]), golden.number("eval_loss_after"));
    assert!(relative(loss, wanted) <= 1e-4, "{name}: evaluation loss {loss}, wanted {wanted}");
}

#[test]
fn cifar_network_predicts_as_keras() {
    initial_predictions_match("cifar_mini");
}

#[test]
fn tiny_imagenet_network_predicts_as_keras() {
    initial_predictions_match("tiny_mini");
}

#[test]
fn cifar_network_trains_as_keras() {
    training_matches("cifar_mini");
}

#[test]
fn tiny_imagenet_network_trains_as_keras() {
    training_matches("tiny_mini");
}

#[test]
fn published_networks_have_their_published_sizes() {
    let counts = settings()["parameter_counts"].clone();
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
