use crate::FetchError;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where a fetch says how far it is, and learns that it is to stop.
#[derive(Clone, Copy)]
pub struct Monitor<'a> {
    /// What is being done, how much of it is done, of how much (0 if nobody knows), and of what. Called from
    /// many threads.
    pub progress: &'a (dyn Fn(&str, u64, u64, &str) + Sync),
    /// Something a person should know, though the work goes on.
    pub warn: &'a (dyn Fn(String) + Sync),
    /// Set when the work is to stop.
    pub stop: &'a AtomicBool,
}

impl Monitor<'_> {
    /// An error once somebody has asked the work to stop.
    pub(crate) fn check(&self) -> Result<(), FetchError> {
        if self.stop.load(Ordering::Relaxed) { Err(FetchError::Interrupted) } else { Ok(()) }
    }
}
