//! The kinds of stage: which fields each takes, which of them are inputs, and what each yields.
//!
//! Every kind has one file here with its typed parameters. The serialised form of such a struct, defaults
//! filled in, is what goes into the stage key and to the worker; so writing a default out changes nothing,
//! and an option that is off by default is skipped when it is off, so that adding one leaves keys alone.

mod augment;
mod command;
mod content;
mod dataset;
mod decay_train;
mod early_stopping;
mod evaluate;
mod fetch;
mod figure;
mod kind;
mod means;
mod model;
mod off;
mod settle;
mod train;

pub use augment::Augment;
pub use command::CommandParams;
pub use content::Content;
pub use dataset::{DatasetFormat, DatasetParams};
pub use decay_train::{DecaySchedule, DecayTrainParams};
pub use early_stopping::EarlyStopping;
pub use evaluate::EvaluateParams;
pub(crate) use fetch::FetchFields;
pub use fetch::{ArchiveFormat, FetchParams};
pub use figure::Figure;
pub use kind::{InputRule, Kind, OutputRule};
pub use means::{MeansMode, MeansParams};
pub use model::{Block, ModelParams, Stem};
use off::is_zero;
pub(crate) use settle::{Fault, Parameters, settle};
pub use train::{Phase, Precision, TrainParams, TrainingParams};
