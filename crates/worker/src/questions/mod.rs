//! What `pipeline` asks a worker outside of any run: a question as JSON on standard input, the answer on standard output.

mod answer;
mod dataset_report;
mod grid;
mod image_files;
mod inspect;
mod predict;
mod provenance;
mod weights_report;

pub use inspect::inspect;
pub use predict::predict;
