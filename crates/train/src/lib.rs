//! Network, augmentation, optimiser, schedule, epoch, checkpoint, evaluation on libtorch.
//!
//! What is read from HDF5 comes from the crate `data`; processes, requests and outcomes are the worker's.

mod error;
mod random;

pub use error::TrainError;
pub use random::{Purpose, Stream};
