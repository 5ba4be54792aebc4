//! Images a second of training steps alone, on random images: `step_speed [cifar|tiny|digits] [f32|bf16] [THREADS] [STEPS]`.
//!
//! Prints the best step by the wall clock and by processor time; the latter is meaningful on a busy machine with one
//! thread. `benches/peers/step_speed.py` does the same in PyTorch.

use spec::kinds::{Block, ModelParams, Precision, Stem};
use std::time::{Duration, Instant};
use tch::{Device, Kind, Tensor};
use train::{Batch, Network, Optimiser, TrainError, training_step};

struct Job {
    model: ModelParams,
    classes: i64,
    size: i64,
    batch: i64,
}

fn job(name: &str) -> Job {
    let (stem, stages, filters, classes, size, batch) = match name {
        "tiny" => (Stem::TinyImagenet, vec![3, 4, 6], vec![64, 128, 256, 512], 200, 64, 64),
        "digits" => (Stem::Cifar, vec![2, 2, 2], vec![16, 16, 32, 64], 10, 32, 32),
        _ => (Stem::Cifar, vec![9, 9, 9], vec![64, 64, 128, 256], 10, 32, 128),
    };
    let model =
        ModelParams { block: Block::PreactBottleneck, stem, stages, filters, l2: 5e-4, block_l2: 1e-4 };
    Job { model, classes, size, batch }
}

fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write to.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn main() -> Result<(), TrainError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize, default: &str| arguments.get(index).cloned().unwrap_or(default.to_owned());
    let name = argument(0, "cifar");
    let precision = if argument(1, "f32") == "bf16" { Precision::Bf16 } else { Precision::F32 };
    tch::set_num_threads(argument(2, "2").parse().unwrap_or(2));
    let steps: usize = argument(3, "5").parse().unwrap_or(5);

    let Job { model, classes, size, batch: size_of_batch } = job(&name);
    let network = Network::new(&model, classes, 1, Device::Cpu, precision)?;
    let mut optimiser = Optimiser::new(&network, &model, 0.9, false)?;
    let images = Tensor::rand([size_of_batch, size, size, 3], (Kind::Float, Device::Cpu)) * 255 - 127;
    let labels = Tensor::randint(classes, [size_of_batch], (Kind::Int64, Device::Cpu));
    let batch = Batch { images: images.permute([0, 3, 1, 2]), labels, partners: None };

    training_step(&network, &mut optimiser, &batch, 0.01)?;
    let (mut wall, mut processor) = (Duration::MAX, Duration::MAX);
    for _ in 0..steps {
        let (started, processor_started) = (Instant::now(), processor_time());
        training_step(&network, &mut optimiser, &batch, 0.01)?;
        wall = wall.min(started.elapsed());
        processor = processor.min(processor_time() - processor_started);
    }
    let per_second = |time: Duration| size_of_batch as f64 / time.as_secs_f64();
    println!(
        "{name}: {:.1} images/s, {:.1} images a processor second",
        per_second(wall),
        per_second(processor)
    );
    Ok(())
}
