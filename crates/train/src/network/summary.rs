use super::blocks::{Postact, PreactBottleneck, ResidualBlock};
use super::layers::{BatchNorm, Convolution, ConvolutionShape, Linear};
use super::resnet::Network;
use super::stem::StemLayers;

/// A layer of a network on images of a certain size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSummary {
    /// The name that its weights begin with: `stages.0.blocks.0.conv1`.
    pub name: String,
    /// `[channels, height, width]`, or for the linear layer `[classes]`.
    pub output: Vec<i64>,
    /// Trained numbers.
    pub parameters: i64,
    /// Multiplications with an addition for one image; those of batch norm, which can be folded away, do not count.
    pub multiply_adds: i64,
}

impl Network {
    /// The layers with weights, in the order of the forward pass, for images of that size in pixels.
    pub fn layers(&self, height: i64, width: i64) -> Vec<LayerSummary> {
        let mut tour = Tour { map: Map { channels: 3, height, width }, layers: Vec::new() };
        self.stem.describe(&mut tour);
        for block in &self.blocks {
            block.describe(&mut tour);
        }
        if let Some(norm) = &self.norm {
            norm.describe(&mut tour);
        }
        self.head.describe(&mut tour);
        tour.layers
    }
}

/// The size of what flows between two layers.
#[derive(Clone, Copy)]
struct Map {
    channels: i64,
    height: i64,
    width: i64,
}

/// A walk through the network: where it is, and what it has seen.
struct Tour {
    map: Map,
    layers: Vec<LayerSummary>,
}

impl Tour {
    fn see(&mut self, name: &str, parameters: i64, multiply_adds: i64) {
        let Map { channels, height, width } = self.map;
        let output = vec![channels, height, width];
        self.layers.push(LayerSummary { name: name.to_owned(), output, parameters, multiply_adds });
    }

    fn shrink(&mut self, stride: i64) {
        self.map.height = (self.map.height + stride - 1) / stride;
        self.map.width = (self.map.width + stride - 1) / stride;
    }
}

impl StemLayers {
    fn describe(&self, tour: &mut Tour) {
        self.input_norm.describe(tour);
        self.convolution.describe(tour);
        if let Some(norm) = &self.norm {
            norm.describe(tour);
        }
        if self.pools {
            tour.shrink(2);
        }
    }
}

impl ResidualBlock {
    fn describe(&self, tour: &mut Tour) {
        match self {
            Self::PreactBottleneck(block) => block.describe(tour),
            Self::Postact(block) => block.describe(tour),
        }
    }
}

impl PreactBottleneck {
    fn describe(&self, tour: &mut Tour) {
        let before = tour.map;
        let steps = [(&self.norm1, &self.conv1), (&self.norm2, &self.conv2), (&self.norm3, &self.conv3)];
        for (norm, convolution) in steps {
            norm.describe(tour);
            convolution.describe(tour);
        }
        if let Some(projection) = &self.projection {
            tour.map = before;
            projection.describe(tour);
        }
    }
}

impl Postact {
    fn describe(&self, tour: &mut Tour) {
        let before = tour.map;
        for (convolution, norm) in &self.steps {
            convolution.describe(tour);
            norm.describe(tour);
        }
        if let Some((convolution, norm)) = &self.projection {
            tour.map = before;
            convolution.describe(tour);
            norm.describe(tour);
        }
    }
}

impl Convolution {
    fn describe(&self, tour: &mut Tour) {
        let ConvolutionShape { to, stride, .. } = self.shape;
        tour.shrink(stride);
        tour.map.channels = to;
        let parameters = self.weight.numel() as i64;
        tour.see(&self.name, parameters, parameters * tour.map.height * tour.map.width);
    }
}

impl BatchNorm {
    fn describe(&self, tour: &mut Tour) {
        tour.see(&self.name, 2 * tour.map.channels, 0);
    }
}

impl Linear {
    fn describe(&self, tour: &mut Tour) {
        let (weights, classes) = (self.weight.numel() as i64, self.bias.numel() as i64);
        tour.layers.push(LayerSummary {
            name: self.name.clone(),
            output: vec![classes],
            parameters: weights + classes,
            multiply_adds: weights,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::kinds::{Block, ModelParams, Precision, Stem};
    use tch::Device;

    fn network(block: Block, stem: Stem) -> Network {
        let (stages, filters) = (vec![1, 2], vec![8, 16, 32]);
        let model = ModelParams { block, stem, stages, filters, l2: 0.0, block_l2: 0.0 };
        Network::new(&model, 10, 1, Device::Cpu, Precision::F32).unwrap()
    }

    #[test]
    fn the_layers_hold_all_parameters_once() {
        for block in [Block::PreactBottleneck, Block::Bottleneck, Block::Basic] {
            for stem in [Stem::Cifar, Stem::TinyImagenet] {
                let network = network(block, stem);
                let layers = network.layers(32, 32);
                let sum: i64 = layers.iter().map(|layer| layer.parameters).sum();
                assert_eq!(sum, network.trainable_parameters() as i64, "{block:?} {stem:?}");
                let weights =
                    network.named_tensors().into_iter().filter(|(name, _)| name.ends_with(".weight"));
                let mut names: Vec<String> = weights.map(|(name, _)| name.replace(".weight", "")).collect();
                let mut described: Vec<String> = layers.into_iter().map(|layer| layer.name).collect();
                names.sort();
                described.sort();
                assert_eq!(described, names);
            }
        }
    }

    #[test]
    fn maps_and_multiplications_are_those_of_the_forward_pass() {
        let layers = network(Block::PreactBottleneck, Stem::TinyImagenet).layers(9, 14);
        let layer = |name: &str| {
            let layer = layers.iter().find(|layer| layer.name == name).unwrap();
            (&layer.output[..], layer.multiply_adds)
        };
        assert_eq!(layer("stem.conv"), (&[8, 9, 14][..], 8 * 3 * 25 * 9 * 14));
        assert_eq!(layer("stages.0.blocks.0.downsample.conv"), (&[16, 5, 7][..], 8 * 16 * 5 * 7));
        assert_eq!(layer("stages.1.blocks.0.conv1"), (&[8, 5, 7][..], 16 * 8 * 5 * 7));
        assert_eq!(layer("stages.1.blocks.0.conv2"), (&[8, 3, 4][..], 8 * 8 * 9 * 3 * 4));
        assert_eq!(layer("stages.1.blocks.0.downsample.conv"), (&[32, 3, 4][..], 16 * 32 * 3 * 4));
        assert_eq!(layer("norm"), (&[32, 3, 4][..], 0));
        assert_eq!(layer("head.fc"), (&[10][..], 320));
    }
}
