//! Network, augmentation, optimiser, schedule, epoch, checkpoint, evaluation on libtorch.
//!
//! What is read from HDF5 comes from the crate `data`; processes, requests and outcomes are the worker's.

pub mod augment;
mod batch;
mod error;
mod image_source;
mod loader;
mod loss;
mod network;
mod optimiser;
mod order;
mod precision;
mod prefetch;
mod random;
mod weights;

pub use batch::Batch;
pub use error::TrainError;
pub use image_source::ImageSource;
pub use loader::{Batches, Loader, LoaderOptions};
pub use loss::{StepResult, cross_entropy, training_step};
pub use network::Network;
pub use optimiser::Optimiser;
pub use order::epoch_order;
pub use random::{Purpose, Stream};
pub use weights::{WeightsFile, load_weights, save_weights};
