//! Images a second of training steps alone, on random images, or steps a second of the optimiser alone:
//! `step_speed [cifar|tiny|digits|optimiser] [f32|bf16] [THREADS] [STEPS]`.
//!
//! Prints the best step by the wall clock and by processor time; the latter is meaningful on a busy machine with one
//! thread. `benches/peers/step_speed.py` does the same in PyTorch.

use spec::kinds::{Block, ModelParams, Precision, Stem};
use std::time::{Duration, Instant};
use tch::{Device, Kind, Tensor};
use train::{Batch, Network, Optimiser, OptimiserSettings, StepRule, TrainError, training_step};

struct Job {
    model: ModelParams,
    classes: i64,
    image_size: i64,
    batch_size: i64,
}

fn job(name: &str) -> Job {
    let (stem, stages, filters, classes, image_size, batch_size) = match name {
        "tiny" => (Stem::TinyImagenet, vec![3, 4, 6], vec![64, 128, 256, 512], 200, 64, 64),
        "digits" => (Stem::Cifar, vec![2, 2, 2], vec![16, 16, 32, 64], 10, 32, 32),
        _ => (Stem::Cifar, vec![9, 9, 9], vec![64, 64, 128, 256], 10, 32, 128),
    };
    let model =
        ModelParams { block: Block::PreactBottleneck, stem, stages, filters, l2: 5e-4, block_l2: 1e-4 };
    Job { model, classes, image_size, batch_size }
}

fn random_batch(job: &Job) -> Batch {
    let images =
        Tensor::rand([job.batch_size, job.image_size, job.image_size, 3], (Kind::Float, Device::Cpu));
    let labels = Tensor::randint(job.classes, [job.batch_size], (Kind::Int64, Device::Cpu));
    Batch { images: (images * 255 - 127).permute([0, 3, 1, 2]), labels, partners: None }
}

fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write to.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The shortest wall time and processor time of a run.
fn best(
    repetitions: usize,
    mut run: impl FnMut() -> Result<(), TrainError>,
) -> Result<(Duration, Duration), TrainError> {
    run()?;
    let (mut wall, mut processor) = (Duration::MAX, Duration::MAX);
    for _ in 0..repetitions {
        let (started, processor_started) = (Instant::now(), processor_time());
        run()?;
        wall = wall.min(started.elapsed());
        processor = processor.min(processor_time() - processor_started);
    }
    Ok((wall, processor))
}

fn main() -> Result<(), TrainError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize, default: &str| arguments.get(index).cloned().unwrap_or(default.to_owned());
    let (name, precision_name) = (argument(0, "cifar"), argument(1, "f32"));
    let precision = if precision_name == "bf16" { Precision::Bf16 } else { Precision::F32 };
    tch::set_num_threads(argument(2, "2").parse().unwrap_or(2));
    let repetitions = argument(3, "5").parse().unwrap_or(5);

    let job = job(&name);
    let network = Network::new(&job.model, job.classes, 1, Device::Cpu, precision)?;
    let momentum = OptimiserSettings { momentum: 0.9, ..OptimiserSettings::default() };
    let mut optimiser = Optimiser::new(&network, &job.model, momentum)?;
    let batch = random_batch(&job);
    let (count, unit, (wall, processor)) = if name == "optimiser" {
        (1, "steps", best(repetitions, || optimiser.step(0.01))?)
    } else {
        let step = || training_step(&network, &mut optimiser, &batch, &StepRule::plain(0.01)).map(drop);
        (job.batch_size, "images", best(repetitions, step)?)
    };
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    println!(
        "{name} {precision_name}: {:.1} {unit}/s, {:.1} {unit} a processor second",
        rate(wall),
        rate(processor)
    );
    Ok(())
}
