//! Run records become tables: which runs count, what differs between them, which value is best, what is
//! noise, and the same table for the terminal, as CSV, Markdown, JSON and HTML.
//!
//! Nothing here reads the store or runs anything: records come in as values, text goes out. The only files
//! written are those that [`write_tables`] is told to keep up to date.

mod baseline;
mod collect;
mod columns;
mod compare;
mod differing;
mod error;
mod experiment;
mod files;
mod filter;
mod flatten;
mod fold;
mod format;
mod matrix_cell;
mod meaning;
mod measurement;
mod metrics;
mod names;
mod newest;
mod order;
mod origin;
mod render;
mod rows;
mod select;
mod sort;
mod standing;
mod table;
mod wanted;

pub use compare::{CompareOptions, compare};
pub use error::CompareError;
pub use files::write_tables;
pub use filter::Filter;
pub use flatten::flatten;
pub use format::{printable, text_of};
pub use measurement::Measurement;
pub use origin::Origin;
pub use render::{Format, cell_text, legend, render};
pub use select::{names_pipeline, names_run};
pub use table::{Baseline, Cell, Column, ColumnRole, MetricCell, ResultsTable, Row, RowKind};
