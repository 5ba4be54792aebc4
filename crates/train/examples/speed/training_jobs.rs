use crate::{Result, best};
use proto::StageEvent;
use serde_json::{Value, json};
use spec::kinds::{ModelParams, Precision, TrainParams};
use std::{path::Path, sync::atomic::AtomicBool};
use tch::{Device, Kind, Tensor};
use train::{
    Batch, Network, Optimiser, OptimiserSettings, Schedule, StepRule, TrainingFiles, TrainingInput,
    TrainingInputs, TrainingJob, training_step,
};

/// A network of the benchmark, with the images of a step.
struct Setting {
    model: Value,
    classes: i64,
    side: i64,
    batch: i64,
}

fn setting(network: &str) -> Result<Setting> {
    let model = |stem, stages: &[u32], filters: &[u32]| json!({ "stem": stem, "stages": stages, "filters": filters, "l2": 1e-4 });
    Ok(match network {
        "tiny-imagenet" => {
            let model = model("tiny-imagenet", &[3, 4, 6], &[64, 128, 256, 512]);
            Setting { model, classes: 200, side: 64, batch: 64 }
        }
        "cifar" => {
            let model = model("cifar", &[9, 9, 9], &[64, 64, 128, 256]);
            Setting { model, classes: 10, side: 32, batch: 128 }
        }
        "digits" => {
            let model = model("cifar", &[2, 2, 2], &[16, 16, 32, 64]);
            Setting { model, classes: 10, side: 32, batch: 32 }
        }
        _ => return Err(format!("no network is called {network}").into()),
    })
}

fn network(setting: &Setting, precision: Precision) -> Result<(Network, Optimiser)> {
    let model: ModelParams = serde_json::from_value(setting.model.clone())?;
    let network = Network::new(&model, setting.classes, 1, Device::Cpu, precision)?;
    let momentum = OptimiserSettings { momentum: 0.9, ..OptimiserSettings::default() };
    let optimiser = Optimiser::new(&network, &model, momentum)?;
    Ok((network, optimiser))
}

/// Training steps alone, on random images.
pub fn step(name: &str, precision: &str) -> Result<f64> {
    let setting = setting(name)?;
    let Setting { classes, side, batch, .. } = setting;
    let (network, mut optimiser) = network(&setting, serde_json::from_value(json!(precision))?)?;
    let images = Tensor::rand([batch, side, side, 3], (Kind::Float, Device::Cpu)) * 255 - 127;
    let labels = Tensor::randint(classes, [batch], (Kind::Int64, Device::Cpu));
    let batch = Batch { images: images.permute([0, 3, 1, 2]), labels, partners: None };
    let rule = StepRule::plain(0.01);
    let seconds = best(5, || Ok(training_step(&network, &mut optimiser, &batch, &rule).map(drop)?))?;
    Ok(setting.batch as f64 / seconds)
}

/// Optimiser steps of the CIFAR network.
pub fn optimiser() -> Result<f64> {
    let (_network, mut optimiser) = network(&setting("cifar")?, Precision::F32)?;
    Ok(1.0 / best(20, || Ok(optimiser.step(0.01)?))?)
}

/// A whole training, as a stage runs it: file, order, augmentation, steps, checkpoints, results. The first epoch, in
/// which libtorch chooses its kernels, does not count.
pub fn epochs(
    name: &str,
    precision: &str,
    file: &Path,
    epochs: u32,
    batch: u32,
    fields: &str,
) -> Result<f64> {
    let mut params: Value = serde_json::from_str(fields)?;
    let all = json!({
        "model": setting(name)?.model, "precision": precision, "epochs": epochs, "batch_size": batch, "lr": 0.01,
    });
    for (field, value) in all.as_object().into_iter().flatten() {
        params[field] = value.clone();
    }
    let params: TrainParams = serde_json::from_value(params)?;
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let job = TrainingJob {
        schedule: Schedule::of_train(&params)?,
        params: params.training,
        inputs: TrainingInputs {
            train: TrainingInput { path: file.to_owned(), digest: String::new() },
            val: None,
            means: None,
            init: None,
        },
        checkpoints: path("checkpoints"),
        device: Device::Cpu,
    };
    let files = TrainingFiles {
        weights: path("weights.safetensors"),
        history: path("history.json"),
        history_csv: path("history.csv"),
        curves: path("curves.png"),
        curves_svg: path("curves.svg"),
        tensorboard: path("tensorboard"),
        metrics: path("metrics.json"),
    };
    let mut seconds = 0.0;
    train::train(&job, &files, &AtomicBool::new(false), &mut |event| {
        if let StageEvent::Epoch { epoch, seconds: of_epoch, .. } = event
            && epoch > 0
        {
            seconds += of_epoch;
        }
    })?;
    let images = data::Dataset::open(file)?.len();
    Ok(f64::from(epochs - 1) * images as f64 / seconds)
}
