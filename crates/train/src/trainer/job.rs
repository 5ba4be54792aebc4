use crate::{Schedule, Start, Trajectory};
use spec::kinds::TrainingParams;
use std::{collections::BTreeMap, path::PathBuf};
use tch::Device;

/// One training, as a stage asks for it.
#[derive(Debug, Clone)]
pub struct TrainingJob {
    /// What both kinds of training take.
    pub params: TrainingParams,
    /// The learning rate of each epoch.
    pub schedule: Schedule,
    /// What it reads.
    pub inputs: TrainingInputs,
    /// The folder of checkpoints, shared by all trainings.
    pub checkpoints: PathBuf,
    /// What it runs on.
    pub device: Device,
}

/// What a training reads.
#[derive(Debug, Clone)]
pub struct TrainingInputs {
    /// Images to train on.
    pub train: TrainingInput,
    /// Images to validate on after each epoch.
    pub val: Option<TrainingInput>,
    /// Means to subtract.
    pub means: Option<TrainingInput>,
    /// Weights to start from instead of random ones.
    pub init: Option<TrainingInput>,
}

/// A file with the digest of its content.
#[derive(Debug, Clone)]
pub struct TrainingInput {
    /// Where it is.
    pub path: PathBuf,
    /// BLAKE3 of its content, in hexadecimal.
    pub digest: String,
}

impl TrainingJob {
    /// What this training will go through.
    pub(super) fn trajectory(&self) -> Trajectory {
        let TrainingInputs { train, val, means, init } = &self.inputs;
        let named = [
            ("train", Some(train)),
            ("val", val.as_ref()),
            ("means", means.as_ref()),
            ("init", init.as_ref()),
        ];
        let inputs: BTreeMap<_, _> = named
            .into_iter()
            .filter_map(|(name, input)| Some((name.to_owned(), input?.digest.clone())))
            .collect();
        Trajectory::new(&Start { inputs, training: self.params.clone() }, self.schedule.learning_rates())
    }
}
