//! Network, augmentation, optimiser, schedule, epoch, checkpoint, evaluation on libtorch.
//!
//! What is read from HDF5 comes from the crate `data`; processes, requests and outcomes are the worker's.

pub mod augment;
mod batch;
mod error;
mod image_source;
mod loader;
mod order;
mod prefetch;
mod random;

pub use batch::Batch;
pub use error::TrainError;
pub use image_source::ImageSource;
pub use loader::{Batches, Loader, LoaderOptions};
pub use order::epoch_order;
pub use random::{Purpose, Stream};
