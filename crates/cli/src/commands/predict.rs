use crate::{exit::Exit, failure::Failure, worker};
use clap::{Args, ValueHint};
use proto::PredictQuestion;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The weights of a training
    #[arg(value_name = "WEIGHTS", value_hint = ValueHint::FilePath)]
    weights: PathBuf,
    /// JPEG or PNG files, or folders of them
    #[arg(value_name = "IMAGE", required = true, value_hint = ValueHint::AnyPath)]
    images: Vec<PathBuf>,
    /// How many classes to name for each image
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Images a forward pass
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,
    /// What to run on: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,
}

/// Says which classes a network finds most probable for images.
pub fn predict(args: PredictArgs, json: bool) -> Result<Exit, Failure> {
    let PredictArgs { weights, images, top, batch_size, device } = args;
    let (top, batch_size) = (top as usize, batch_size as usize);
    worker::ask("predict", &PredictQuestion { weights, images, top, batch_size, device, json })
}
