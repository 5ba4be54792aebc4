//! What a pipeline file says. Text goes in, a checked [`Pipeline`] comes out: parameters substituted, matrix
//! cells expanded, references resolved to edges, every error of the file collected with file, line and column.
//!
//! Nothing here reads the data, knows the cache or starts a process; the only files touched are the pipeline
//! file itself and, to see that they exist, the sources it names.

mod command;
mod common;
mod declared;
mod diagnostics;
mod error;
mod file;
mod graph;
mod image_sizes;
mod include;
mod inputs;
mod kind_schema;
pub mod kinds;
mod load;
mod matrix;
mod missing;
mod names;
mod nearest;
mod node;
mod overrides;
mod params;
mod paths;
mod pipeline;
mod root;
mod schema;
mod scope;
mod shape;
mod source;
mod sources_seen;
mod stage;
mod sweep;
mod table_of_metrics;
mod template;
mod units;
mod value_text;
mod words;

pub use error::{Errors, SpecError};
pub use kinds::Kind;
pub use load::{load, parse};
pub use nearest::nearest;
pub use pipeline::{
    CommandLine, Goal, Input, MetricSpec, Output, Piece, Pipeline, Reference, Resources, Source, Stage, Word,
};
pub use root::{below, find_root};
pub use schema::schema;
pub use sweep::{Combination, Sweep, SweepError};
pub use value_text::value_text;
