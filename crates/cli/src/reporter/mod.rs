//! From events to text: the same path for a run at work and for one that is shown again.

mod bars;
mod epoch;
mod lines;
mod live;
mod progress;
mod summary;
mod sweep;
mod tail;

pub use lines::{Detail, Narrator};
pub use live::LiveReporter;
pub use summary::word as outcome_word;
pub use sweep::{SweepReporter, worst_status};
pub use tail::last_lines;

#[cfg(test)]
mod tests;
