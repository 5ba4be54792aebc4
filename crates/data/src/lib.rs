//! Images to HDF5, dataset files, means.
//!
//! Here live the readers of published image collections, decoding and resizing, the stratified split of
//! scikit-learn, the HDF5 files that trainings read ([`Dataset`]) and the means over them ([`Means`]). What
//! happens to images during training (augmentation, batches) does not: that is the crate `train`.

mod build_dataset;
mod column_sums;
mod dataset;
mod error;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod hdf5_layout;
mod hdf5_strings;
mod jpeg;
mod means;
mod monitor;
mod pickle;
mod random_state;
mod read_image;
mod readers;
mod rgb_image;
mod source;
mod splits;
mod stratified_split;
mod write_split;

pub use build_dataset::{DatasetSummary, SplitSummary, build_dataset};
pub use dataset::Dataset;
pub use error::{BadImage, BadImages, DataError};
pub use means::{Means, compute_means};
pub use monitor::Progress;
pub use read_image::read_image;
pub use rgb_image::RgbImage;
