//! What a pipeline file says. Text goes in, a checked [`Pipeline`] comes out: parameters substituted, matrix
//! cells expanded, references resolved to edges, every error of the file collected with file, line and column.
//!
//! Nothing here reads the data, knows the cache or starts a process; the only files touched are the pipeline
//! file itself and, to see that they exist, the sources it names.

pub mod kinds;
mod pipeline;

pub use kinds::Kind;
pub use pipeline::{
    CommandLine, Goal, Input, MetricSpec, Output, Piece, Pipeline, Reference, Resources, Source, Stage, Word,
};
