//! Many steps of training with augmentation against Keras: draws, order, augmentation, network and optimiser at once
//! (`tests/golden/keras_steps.py`).

#![allow(clippy::unwrap_used, reason = "these are tests")]

use serde_json::{Value, json};
use spec::kinds::{Augment, ModelParams, Precision};
use std::{fs, path::PathBuf, sync::Arc};
use tch::Device;
use train::{
    ImageSource, Loader, LoaderOptions, Network, Optimiser, OptimiserSettings, StepRule, load_weights,
    training_step,
};

fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(file)
}

fn settings(file: &str) -> Value {
    serde_json::from_slice(&fs::read(golden(file)).unwrap()).unwrap()
}

fn model(net: &Value) -> ModelParams {
    let model = json!({
        "stem": net["stem"].as_str().unwrap().replace('_', "-"),
        "stages": net["stages"], "filters": net["filters"], "l2": net["reg"], "block_l2": net["block_reg"],
    });
    serde_json::from_value(model).unwrap()
}

/// The images of the script: stripes that depend on the class, and some of everything else.
struct Stripes {
    size: usize,
    pixels: Vec<u8>,
    labels: Vec<i64>,
}

impl Stripes {
    fn new(images: usize, size: usize, classes: usize) -> Self {
        let mut pixels = Vec::new();
        for sample in 0..images {
            let label = sample % classes;
            for place in 0..size * size * 3 {
                let (y, x, c) = (place / (3 * size), place / 3 % size, place % 3);
                let value = label * 37 + 3 * x * (label % 3 + 1) + 5 * y + 11 * c + sample * 7;
                pixels.push((value % 256) as u8);
            }
        }
        Self { size, pixels, labels: (0..images).map(|sample| (sample % classes) as i64).collect() }
    }
}

impl ImageSource for Stripes {
    fn images(&self) -> &[u8] {
        &self.pixels
    }

    fn labels(&self) -> &[i64] {
        &self.labels
    }

    fn height(&self) -> usize {
        self.size
    }

    fn width(&self) -> usize {
        self.size
    }
}

fn loader(rule: &Value, net: &Value) -> Loader {
    let number = |of: &Value, key: &str| of[key].as_u64().unwrap() as usize;
    let size = number(net, "size");
    let images = Stripes::new(number(rule, "images"), size, number(net, "classes"));
    let mean: Vec<f32> = serde_json::from_value(rule["mean"].clone()).unwrap();
    let augment: Augment = serde_json::from_value(rule["augment"].clone()).unwrap();
    let options = LoaderOptions {
        batch_size: number(rule, "batch"),
        shuffle: true,
        drop_last: false,
        seed: rule["seed"].as_u64().unwrap(),
        threads: 0,
        device: Device::Cpu,
    };
    Loader::new(Arc::new(images), Some(&mean.repeat(size * size)), augment, options).unwrap()
}

fn losses(rule: &Value, name: &str) -> Vec<f64> {
    let net = &settings("resnet.json")[name];
    let (model, lr) = (model(net), rule["lr"].as_f64().unwrap());
    let classes = net["classes"].as_i64().unwrap();
    let mut network = Network::new(&model, classes, 0, Device::Cpu, Precision::F32).unwrap();
    network.load_named(&load_weights(&golden(&format!("{name}.init.safetensors"))).unwrap().tensors).unwrap();
    let momentum = rule["momentum"].as_f64().unwrap();
    let settings = OptimiserSettings { momentum, ..OptimiserSettings::default() };
    let mut optimiser = Optimiser::new(&network, &model, settings).unwrap();
    let loader = loader(rule, net);
    let mut losses = Vec::new();
    for epoch in 0..rule["epochs"].as_u64().unwrap() as u32 {
        for batch in loader.epoch(epoch, 0) {
            let step =
                training_step(&network, &mut optimiser, &batch.unwrap(), &StepRule::plain(lr)).unwrap();
            losses.push(step.loss.double_value(&[]));
        }
    }
    losses
}

/// Two programs in 32 bits drift apart. Keras against itself, its images disturbed by 10⁻³ grey levels, is off by up to
/// 3·10⁻² within these 64 steps, as this program is; so only the first three steps are held tightly, and the rest says no
/// more than that the training stays beside Keras'.
#[test]
fn both_small_networks_train_as_keras_for_many_steps() {
    let rule = settings("keras_steps.json");
    for name in ["cifar_mini", "tiny_mini"] {
        let expected: Vec<f64> = serde_json::from_value(rule["losses"][name].clone()).unwrap();
        let found = losses(&rule, name);
        assert_eq!((found.len(), expected.len()), (64, 64));
        for (step, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let (difference, tolerance) = (found / expected - 1.0, if step < 3 { 1e-5 } else { 4e-2 });
            assert!(difference.abs() < tolerance, "{name}, step {step}: {found}, wanted {expected}");
        }
    }
}
