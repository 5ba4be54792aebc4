//! One file a command.

pub mod check;
pub mod compare;
pub mod completions;
mod dispatch;
pub mod doctor;
pub mod explain;
pub mod export;
pub mod gc;
pub mod graph;
pub mod import;
pub mod inspect;
pub mod logs;
pub mod plan;
pub mod predict;
pub mod report;
pub mod run;
pub mod runs;
pub mod schema;
pub mod serve;
pub mod show;
pub mod show_diff;
pub mod verify;

pub use dispatch::dispatch;
