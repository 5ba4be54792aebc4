use super::seal::{seal, unseal};
use crate::{EpochRecord, TrainError, weights};
use std::{collections::BTreeMap, path::Path};
use tch::Tensor;

/// The optimiser's velocity among the tensors of a checkpoint; no tensor of a network has such a name.
const VELOCITY: &str = "optimiser.velocity";
/// The metadata entry that holds the history.
const HISTORY: &str = "history";

/// All that a training is after a whole epoch: from here it goes on as if it had never stopped.
pub struct TrainingState {
    /// What each epoch so far gave.
    pub history: Vec<EpochRecord>,
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
        let history = serde_json::to_string(&self.history)?;
        Ok(seal(&weights::encode(&tensors, &BTreeMap::from([(HISTORY.to_owned(), history)]))?))
    }

    /// The state in the file `path`, whose content is `bytes`.
    ///
    /// # Errors
    /// [`TrainError::Damaged`] if it is not byte for byte what was written.
    pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Self, TrainError> {
        let damaged = |reason: &str| TrainError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
        let file = weights::decode(path, unseal(bytes).map_err(damaged)?)?;
        let history = file.metadata.get(HISTORY).ok_or_else(|| damaged("it has no history"))?;
        let history = serde_json::from_str(history)?;
        let (velocity, network): (Vec<_>, Vec<_>) =
            file.tensors.into_iter().partition(|(name, _)| name == VELOCITY);
        let (_, velocity) = velocity.into_iter().next().ok_or_else(|| damaged("it has no velocity"))?;
        Ok(Self { history, network, velocity })
    }
}
