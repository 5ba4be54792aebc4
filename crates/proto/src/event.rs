use crate::{Reason, RunStatus, StageResult};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a worker says while it works. Listeners must not need every event: they may be dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum StageEvent {
    /// The worker knows what it runs on.
    Started {
        /// `cpu` or `cuda:0`, with the device's name where known.
        device: String,
        /// Threads in use.
        threads: usize,
    },
    /// Work of known length outside of training, such as packing images.
    Progress {
        /// What is being done: `decoding`.
        activity: String,
        /// How much is done.
        done: u64,
        /// Of how much.
        total: u64,
        /// Of what: `images`.
        unit: String,
    },
    /// A training goes on from a checkpoint; epochs before this one are not repeated.
    Resumed {
        /// Epochs that are already done.
        epoch: u32,
        /// Of how many.
        epochs: u32,
    },
    /// A few steps of an epoch are done.
    Step {
        /// The epoch at work, from 0.
        epoch: u32,
        /// Of how many.
        epochs: u32,
        /// Steps done in this epoch.
        step: u32,
        /// Of how many.
        steps: u32,
        /// Mean training loss of the epoch so far.
        loss: f64,
        /// Images a second since the epoch began.
        images_per_second: f64,
    },
    /// An epoch is done.
    Epoch {
        /// The epoch that is done, from 0.
        epoch: u32,
        /// Of how many.
        epochs: u32,
        /// Its learning rate.
        lr: f64,
        /// Mean training loss, penalty included.
        train_loss: f64,
        /// Share of training images that were right.
        train_accuracy: f64,
        /// Validation loss, penalty included, if there is a validation set.
        val_loss: Option<f64>,
        /// Validation accuracy.
        val_accuracy: Option<f64>,
        /// Seconds it took, validation included.
        seconds: f64,
        /// Training images a second.
        images_per_second: f64,
    },
    /// A checkpoint is on disk.
    Checkpoint {
        /// Epochs that it holds.
        epoch: u32,
    },
    /// Something a person should know, though the work goes on.
    Warning {
        /// What.
        message: String,
    },
}

/// What happens in a run: the one type behind the terminal, the log on disk and `--json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// The plan is made and work begins.
    RunStarted {
        /// The run's id.
        run: String,
        /// The pipeline's name.
        pipeline: String,
        /// How many stages the run covers.
        stages: usize,
        /// How many of them are fresh already.
        fresh: usize,
    },
    /// A stage's process starts.
    StageStarted {
        /// The stage's full name.
        stage: String,
        /// Why it runs.
        reasons: Vec<Reason>,
    },
    /// A worker said something.
    StageProgress {
        /// The stage's full name.
        stage: String,
        /// What.
        progress: StageEvent,
    },
    /// A stage failed and is tried again.
    StageRetried {
        /// The stage's full name.
        stage: String,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Why.
        error: String,
    },
    /// A stage has ended, in whatever way.
    StageFinished {
        /// The stage's full name.
        stage: String,
        /// How.
        outcome: StageResult,
        /// How long it took now, in seconds.
        seconds: f64,
        /// What went wrong, or what was restored, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Ways out, if it failed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hints: Vec<String>,
    },
    /// Something a person should know, though the run goes on.
    Warning {
        /// What.
        message: String,
    },
    /// The last event of every run.
    RunFinished {
        /// How it ended.
        status: RunStatus,
        /// The run's id.
        run: String,
        /// The stages by name.
        stages: BTreeMap<String, FinishedStage>,
    },
}

/// A stage's line in [`RunEvent::RunFinished`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinishedStage {
    /// How it ended.
    pub outcome: StageResult,
    /// How long it took in this run.
    pub seconds: f64,
}
