//! States of trainings on disk, addressed by the trajectory that led to them.

mod folder;
mod seal;
mod state;

pub use folder::CheckpointFolder;
pub use state::TrainingState;
