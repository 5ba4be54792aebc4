//! The training itself: [`train()`] reads from top to bottom.

mod job;
mod judgement;
mod outputs;
mod session;
mod step_figures;
mod step_records;
mod train;

pub use job::{TrainingInput, TrainingInputs, TrainingJob};
pub use outputs::TrainingFiles;
pub use step_figures::StepFigures;
pub use train::{TrainingEnd, train};
