use crate::{execute::JobEnd, pool::Grant};
use proto::StageEvent;
use store::StoreError;

/// What the threads of stages and the signal handler say to the dispatcher.
pub(crate) enum Message {
    Progress(usize, StageEvent),
    Retried(usize, u32, String),
    /// A running stage has ended; what it held comes back.
    Ended(usize, Option<Grant>, JobEnd),
    /// Outputs were taken from the cache.
    Restored(usize, Result<usize, StoreError>),
    /// A person asked the run to stop, once more each time.
    Stop,
}
