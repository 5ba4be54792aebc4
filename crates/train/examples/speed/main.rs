//! Our side of `benches/peers/training.py`: one job, done once or some times, and its rate as one line of JSON.
//!
//! ```text
//! speed pack FOLDER            images/s from a tree of JPEGs to HDF5
//! speed means FILE             images/s of channel means
//! speed augment                images/s of full affine augmentation, u8 to f32, two threads
//! speed batches FILE           images/s put into random batches of 64
//! speed step NETWORK f32|bf16  images/s of training steps alone, on random images
//! speed optimiser              optimiser steps/s
//! speed epochs NETWORK f32|bf16 FILE EPOCHS BATCH [FIELDS]
//!                              images/s of a training as a stage runs it, without its first epoch
//! ```
//!
//! The machine must be idle. Rates of short jobs are those of the best of some repetitions.

mod data_jobs;
mod training_jobs;

use std::{error::Error, path::Path, time::Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let rate = match arguments.as_slice() {
        ["pack", folder] => data_jobs::pack(Path::new(folder))?,
        ["means", file] => data_jobs::means(Path::new(file))?,
        ["augment"] => data_jobs::augment(),
        ["batches", file] => data_jobs::batches(Path::new(file))?,
        ["step", network, precision] => training_jobs::step(network, precision)?,
        ["optimiser"] => training_jobs::optimiser()?,
        ["epochs", network, precision, file, epochs, batch, fields @ ..] => {
            let fields = fields.first().unwrap_or(&"{}");
            training_jobs::epochs(
                network,
                precision,
                Path::new(file),
                epochs.parse()?,
                batch.parse()?,
                fields,
            )?
        }
        _ => return Err("see the head of crates/train/examples/speed/main.rs for its arguments".into()),
    };
    println!("{}", serde_json::json!({ "rate": rate }));
    Ok(())
}

/// The shortest time of a run in seconds, after one that warms up.
fn best(repetitions: usize, mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    run()?;
    let mut best = f64::INFINITY;
    for _ in 0..repetitions {
        let begun = Instant::now();
        run()?;
        best = best.min(begun.elapsed().as_secs_f64());
    }
    Ok(best)
}
