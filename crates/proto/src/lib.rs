//! The contract between scheduler and worker, and what is recorded of a run: plain data with serde, no
//! behaviour. A worker reads one [`StageRequest`], appends [`StageEvent`]s and leaves one [`StageOutcome`];
//! the scheduler turns them into [`RunEvent`]s, which feed the terminal, the log on disk and `--json` alike,
//! and files a [`RunRecord`].

mod event;
mod outcome;
mod question;
mod reason;
mod record;
mod request;

pub use event::{FinishedStage, RunEvent, StageEvent};
pub use outcome::{CheckpointNames, OutcomeStatus, StageOutcome};
pub use question::{InspectQuestion, PredictQuestion};
pub use reason::Reason;
pub use record::{Provenance, RunRecord, RunStatus, StageNode, StageRecord, StageResult};
pub use request::{RequestInput, StageRequest};

/// The version of every format in this crate. A newer one is refused with advice, an older one is read.
pub const FORMAT: u32 = 1;

/// Names of the files in a stage directory.
pub mod files {
    /// The [`crate::StageRequest`] as JSON, written before the worker starts.
    pub const REQUEST: &str = "request.json";
    /// One [`crate::StageEvent`] a line, appended by the worker.
    pub const EVENTS: &str = "events.jsonl";
    /// The [`crate::StageOutcome`] as JSON, renamed into place last by the worker.
    pub const OUTCOME: &str = "outcome.json";
    /// What the process printed, both streams.
    pub const LOG: &str = "log";
    /// The folder for the outputs.
    pub const OUTPUTS: &str = "outputs";
}
