use super::seal::{seal, unseal};
use crate::{EpochRecord, StepFigures, TrainError, weights};
use std::{collections::BTreeMap, path::Path};
use tch::Tensor;

/// The optimiser's velocity among the tensors of a checkpoint; no tensor of a network has such a name.
const VELOCITY: &str = "optimiser.velocity";
/// The metadata entries that hold the history and the steps of the epoch at work.
const HISTORY: &str = "history";
const STEPS: &str = "steps";

/// All that a training is between two steps: from here it goes on as if it had never stopped.
pub struct TrainingState {
    /// What each epoch so far gave.
    pub history: Vec<EpochRecord>,
    /// What the steps of the epoch at work gave; `None` between epochs.
    pub steps: Option<StepFigures>,
    /// The network's weights and running statistics by name.
    pub network: Vec<(String, Tensor)>,
    /// The optimiser's velocity, f32 `[parameters]`.
    pub velocity: Tensor,
}

impl TrainingState {
    pub(super) fn encode(&self) -> Result<Vec<u8>, TrainError> {
        let mut tensors: Vec<_> =
            self.network.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        tensors.push((VELOCITY.to_owned(), self.velocity.shallow_clone()));
        let metadata = BTreeMap::from([
            (HISTORY.to_owned(), serde_json::to_string(&self.history)?),
            (STEPS.to_owned(), serde_json::to_string(&self.steps)?),
        ]);
        Ok(seal(&weights::encode(&tensors, &metadata)?))
    }

    /// The state in the file `path`, whose content is `bytes`.
    ///
    /// # Errors
    /// [`TrainError::Damaged`] if it is not byte for byte what was written.
    pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Self, TrainError> {
        let damaged = |reason: &str| TrainError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
        let file = weights::decode(path, unseal(bytes).map_err(damaged)?)?;
        let entry = |name| file.metadata.get(name).ok_or_else(|| damaged("it has no history"));
        let (history, steps) = (serde_json::from_str(entry(HISTORY)?)?, serde_json::from_str(entry(STEPS)?)?);
        let (velocity, network): (Vec<_>, Vec<_>) =
            file.tensors.into_iter().partition(|(name, _)| name == VELOCITY);
        let (_, velocity) = velocity.into_iter().next().ok_or_else(|| damaged("it has no velocity"))?;
        Ok(Self { history, steps, network, velocity })
    }
}
