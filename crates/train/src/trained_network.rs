use crate::{ModelDescription, Network, TrainError, load_weights};
use std::path::Path;
use tch::Device;

/// A network with the weights of a file, and what the file says about them.
pub struct TrainedNetwork {
    /// The network.
    pub network: Network,
    /// What it was trained for.
    pub description: ModelDescription,
}

impl TrainedNetwork {
    /// Reads a weights file that a training wrote.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or does not describe a network that its weights fit.
    pub fn load(path: &Path, device: Device) -> Result<Self, TrainError> {
        let weights = load_weights(path)?;
        let description = ModelDescription::from_metadata(path, &weights.metadata)?;
        let classes = description.class_names.len() as i64;
        let mut network = Network::new(&description.model, classes, 0, device, description.precision)?;
        network.load_named(&weights.tensors)?;
        Ok(Self { network, description })
    }
}
