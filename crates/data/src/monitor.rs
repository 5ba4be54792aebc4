use crate::DataError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Where long work says how far it is: what is being done, how much of it is done, of how much.
/// Called from many threads.
pub type Progress<'a> = &'a (dyn Fn(&str, u64, u64) + Sync);

/// One long piece of work that reports its progress and can be told to stop.
pub(crate) struct Monitor<'a> {
    activity: &'static str,
    total: u64,
    done: AtomicU64,
    progress: Progress<'a>,
    stop: &'a AtomicBool,
}

impl<'a> Monitor<'a> {
    pub(crate) fn new(
        activity: &'static str,
        total: u64,
        progress: Progress<'a>,
        stop: &'a AtomicBool,
    ) -> Self {
        progress(activity, 0, total);
        Self { activity, total, done: AtomicU64::new(0), progress, stop }
    }

    /// Counts work as done and tells about it.
    pub(crate) fn advance(&self, amount: u64) {
        let done = self.done.fetch_add(amount, Ordering::Relaxed) + amount;
        (self.progress)(self.activity, done, self.total);
    }

    /// An error once somebody has asked the work to stop.
    pub(crate) fn check(&self) -> Result<(), DataError> {
        if self.stop.load(Ordering::Relaxed) { Err(DataError::Interrupted) } else { Ok(()) }
    }
}
