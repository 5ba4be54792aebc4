use super::seal::{seal, unseal};
use crate::{EpochRecord, StepFigures, TrainError, weights};
use std::{collections::BTreeMap, path::Path};
use tch::Tensor;

/// The optimiser's velocity among the tensors of a checkpoint; no tensor of a network has such a name.
const VELOCITY: &str = "optimiser.velocity";
/// What the names of averaged weights and of the best epoch's weights begin with.
const AVERAGE: &str = "average.";
const BEST: &str = "best.";
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
    /// The moving average of the network, likewise; empty if none is taken.
    pub average: Vec<(String, Tensor)>,
    /// The weights after the best epoch so far, likewise; empty if they are not kept.
    pub best: Vec<(String, Tensor)>,
}

impl TrainingState {
    pub(super) fn encode(&self) -> Result<Vec<u8>, TrainError> {
        let groups = [("", &self.network), (AVERAGE, &self.average), (BEST, &self.best)];
        let mut tensors: Vec<_> = groups
            .into_iter()
            .flat_map(|(prefix, group)| group.iter().map(move |(name, tensor)| (prefix, name, tensor)))
            .map(|(prefix, name, tensor)| (format!("{prefix}{name}"), tensor.shallow_clone()))
            .collect();
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
        let mut network = file.tensors;
        let (average, best) = (take_group(&mut network, AVERAGE), take_group(&mut network, BEST));
        let velocity = network.iter().position(|(name, _)| name == VELOCITY);
        let velocity = velocity.map(|index| network.remove(index).1);
        let velocity = velocity.ok_or_else(|| damaged("it has no velocity"))?;
        Ok(Self { history, steps, network, velocity, average, best })
    }
}

/// The tensors whose names begin with `prefix`, without it.
fn take_group(tensors: &mut Vec<(String, Tensor)>, prefix: &str) -> Vec<(String, Tensor)> {
    let group = tensors.extract_if(.., |(name, _)| name.starts_with(prefix));
    group.map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect()
}
