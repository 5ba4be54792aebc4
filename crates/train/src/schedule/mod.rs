//! Learning rates as a pure function of epoch and step.

mod decay;
mod rates;
mod warmup;

pub use rates::Schedule;
