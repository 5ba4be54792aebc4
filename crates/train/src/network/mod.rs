//! The residual networks of the study and their two siblings, and the flat buffers their weights live in.

mod blocks;
mod declarations;
mod init;
mod layers;
mod load;
mod normalise;
mod parameters;
mod resnet;
mod stem;
mod summary;

pub(crate) use parameters::FlatParameters;
pub use resnet::Network;
pub use summary::LayerSummary;
