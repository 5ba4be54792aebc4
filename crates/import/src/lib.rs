//! A DVC project read, a pipeline file written. Here lies what DVC's files mean and how a pipeline file says the
//! same; what a pipeline file means lies in `spec`, and running it in `scheduler`. Nothing here writes to disk or
//! starts a process.

mod advice;
mod arguments;
mod cells;
mod command;
mod definition;
mod direct;
mod expression;
mod feeds;
mod fixed;
mod import;
mod linked;
mod mark;
mod metrics;
mod names;
mod parameters;
mod params_file;
mod params_text;
mod paths;
mod planned;
mod project;
mod report;
mod resolve;
mod scalar;
mod scope;
mod shell;
mod stage_text;
mod text;
mod tree;
mod variables;
mod workspace;
mod yaml;

pub use import::{Imported, import};
pub use report::Note;
