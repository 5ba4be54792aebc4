//! Several values under one `--set`: one experiment for each combination, or for a sample of them.

mod combination;
mod elements;
mod error;
mod range;
mod sample;
mod values;

pub use combination::{Combination, Sweep};
pub use error::SweepError;
