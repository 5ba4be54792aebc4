use super::declarations::{Declarations, Role};
use super::layers::{BatchNorm, Convolution, ConvolutionShape};
use spec::kinds::{Block, Stem};
use tch::{Kind, TchError, Tensor};

const COLOURS: i64 = 3;

/// What comes before the first residual stage: batch norm of the image, a convolution, and what follows it.
pub(super) struct StemLayers {
    pub(super) input_norm: BatchNorm,
    pub(super) convolution: Convolution,
    /// Batch norm and ReLU. A pre-activation block brings its own, so the CIFAR stem has none before such blocks.
    pub(super) norm: Option<BatchNorm>,
    /// Max pool 3×3 with stride 2.
    pub(super) pools: bool,
}

impl StemLayers {
    pub(super) fn declare(
        declarations: &mut Declarations,
        stem: Stem,
        block: Block,
        channels: i64,
    ) -> Result<Self, TchError> {
        let (kernel, pools) = match stem {
            Stem::Cifar => (3, false),
            Stem::TinyImagenet => (5, true),
            Stem::TinyImagenetNoPool => (5, false),
        };
        let shape = ConvolutionShape { from: COLOURS, to: channels, kernel, stride: 1 };
        let input_norm = BatchNorm::declare(declarations, "input_norm", COLOURS)?;
        let convolution = Convolution::declare(declarations, "stem.conv", shape, Role::OuterKernel)?;
        let norm = (stem != Stem::Cifar || block != Block::PreactBottleneck)
            .then(|| BatchNorm::declare(declarations, "stem.norm", channels))
            .transpose()?;
        Ok(Self { input_norm, convolution, norm, pools })
    }

    /// `images` f32 `[N, 3, H, W]`; what comes out is of kind `compute_kind`.
    pub(super) fn forward(
        &self,
        images: &Tensor,
        compute_kind: Kind,
        training: bool,
    ) -> Result<Tensor, TchError> {
        let standardised = self.input_norm.forward(images.shallow_clone(), training)?;
        let mut output = self.convolution.forward(&standardised.f_to_kind(compute_kind)?)?;
        if let Some(norm) = &self.norm {
            output = norm.forward_relu(output, training)?;
        }
        if self.pools {
            // The study pads with zeros; since nothing is negative here, that is the pool's own padding with −∞.
            output = output.f_max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false)?;
        }
        Ok(output)
    }
}
