//! The kinds of stage: which fields each takes, which of them are inputs, and what each yields.
//!
//! Every kind has one file here with its typed parameters. The serialised form of such a struct, defaults
//! filled in, is what goes into the stage key and to the worker; so writing a default out changes nothing,
//! and an option that is off by default is skipped when it is off, so that adding one leaves keys alone.

mod augment;
mod command;
mod dataset;
mod evaluate;
mod fetch;
mod kind;
mod means;
mod model;
mod settle;
mod train;

pub use augment::Augment;
pub use command::CommandParams;
pub use dataset::{DatasetFormat, DatasetParams};
pub use evaluate::EvaluateParams;
pub(crate) use fetch::FetchFields;
pub use fetch::{ArchiveFormat, FetchParams};
pub use kind::{Kind, OutputRule};
pub use means::{MeansMode, MeansParams};
pub use model::{Block, ModelParams, Stem};
pub(crate) use settle::{Fault, Parameters, settle};
pub use train::{DecayTrainParams, Phase, Precision, TrainParams, TrainingParams};
