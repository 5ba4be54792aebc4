//! Network, augmentation, optimiser, schedule, epoch, checkpoint, evaluation on libtorch.
//!
//! What is read from HDF5 comes from the crate `data`; processes, requests and outcomes are the worker's.

mod error;

pub use error::TrainError;
