use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What `pipeline predict` asks of `pipeline-worker predict`, as JSON on its standard input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictQuestion {
    /// A weights file.
    pub weights: PathBuf,
    /// Image files, and folders of them.
    pub images: Vec<PathBuf>,
    /// How many classes to name for each image, the most probable first.
    pub top: usize,
    /// Images a forward pass.
    pub batch_size: usize,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// Whether the answer is JSON.
    pub json: bool,
}

/// What `pipeline inspect` asks of `pipeline-worker inspect`, likewise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectQuestion {
    /// A weights file, a dataset file, or the folder of a `dataset` stage's results.
    pub path: PathBuf,
    /// Where to draw a contact sheet of the dataset's images, if anywhere.
    pub sheet: Option<PathBuf>,
    /// The augmentation to show on it, as TOML: `{ rotation = 18, horizontal_flip = true }`.
    pub augment: Option<String>,
    /// Seed of the augmentation's draws.
    pub seed: u64,
    /// Whether the answer is JSON.
    pub json: bool,
}
