//! What a request of each kind becomes in the crates that do the work.

mod dataset;
mod dispatch;
mod evaluate;
mod fetch;
mod files;
mod means;
mod train;

pub use dispatch::run;
