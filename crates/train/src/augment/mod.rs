//! Random changes of the training images: which are drawn for an image in an epoch, and how they are carried out.
//!
//! Images are bytes, `[height, width, 3]`; results are f32 in 0..255 less the mean, in the same layout, so that a
//! batch of them is a channels-last tensor.

mod affine;
mod augmenter;
mod convert;
mod crop;
mod device;
mod erase;
mod mix;
mod rectangle;
mod resample;
mod sample;
#[cfg(test)]
mod tests;

pub use affine::{AffineMap, AffineParameters};
pub use augmenter::{Augmenter, Scratch};
pub use device::DeviceImages;
pub use mix::Mix;
pub use rectangle::Rectangle;
