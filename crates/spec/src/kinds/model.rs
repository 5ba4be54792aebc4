use super::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The residual block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// Pre-activation bottleneck (He et al. 2016, arXiv:1603.05027), the study's.
    #[default]
    PreactBottleneck,
    /// The original bottleneck (He et al. 2015, arXiv:1512.03385): activation after the addition.
    Bottleneck,
    /// Two 3×3 convolutions, activation after the addition.
    Basic,
}

/// What comes before the first residual stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stem {
    /// Convolution 3×3, stride 1.
    #[default]
    Cifar,
    /// Convolution 5×5, batch norm, ReLU, max pool 3×3 with stride 2.
    TinyImagenet,
    /// The same without the max pool: what follows has maps of four times the size.
    TinyImagenetNoPool,
}

/// The network: `model = { stages = [9, 9, 9], filters = [64, 64, 128, 256], l2 = 5e-4 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelParams {
    /// The residual block.
    #[serde(default)]
    pub block: Block,
    /// What comes before the first residual stage.
    #[serde(default)]
    pub stem: Stem,
    /// Blocks in each residual stage.
    #[schemars(length(min = 1), inner(range(min = 1)))]
    pub stages: Vec<u32>,
    /// Channels of the stem, then of each residual stage: one entry more than `stages`.
    #[schemars(length(min = 1), inner(range(min = 1)))]
    pub filters: Vec<u32>,
    /// L2 penalty of the stem's convolution and the linear layer: l2·Σw² is added to the loss.
    #[serde(default = "default_l2")]
    #[schemars(range(min = 0.0))]
    pub l2: f64,
    /// L2 penalty of the convolutions inside the blocks. The published code did not pass its setting on
    /// to the blocks, hence a default of its own.
    #[serde(default = "default_l2")]
    #[schemars(range(min = 0.0))]
    pub block_l2: f64,
}

fn default_l2() -> f64 {
    1e-4
}

impl ModelParams {
    /// What fits the types but makes no network.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let (stages, filters) = (self.stages.len(), self.filters.len());
        if filters != stages + 1 {
            let message =
                format!("`model.filters` needs {} entries for {stages} stages, not {filters}", stages + 1);
            let fault = Fault::new(&["model", "filters"], message);
            faults.push(fault.with_hint("the first is the stem's, the others are one a stage"));
        }
        // Inside a bottleneck the convolutions have a quarter of its channels.
        let uneven = self.filters.iter().skip(1).find(|filters| !filters.is_multiple_of(4));
        if let (Block::PreactBottleneck | Block::Bottleneck, Some(filters)) = (self.block, uneven) {
            let message = format!("`model.filters`: {filters} is not divisible by 4, as a bottleneck needs");
            faults.push(Fault::new(&["model", "filters"], message));
        }
        faults
    }
}
