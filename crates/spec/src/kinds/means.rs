use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Over what a mean is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MeansMode {
    /// One mean a channel, over all pixels of all images.
    #[default]
    Channel,
    /// One mean a pixel and channel: the mean image.
    Pixel,
}

/// Parameters of a `means` stage. Its input is `dataset`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeansParams {
    /// By channel or by pixel.
    #[serde(default)]
    pub mode: MeansMode,
}

impl super::Parameters for MeansParams {}
