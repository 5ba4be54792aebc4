use super::declarations::{Declarations, Role};
use super::layers::{BatchNorm, Convolution, ConvolutionShape};
use spec::kinds::Block;
use tch::{TchError, Tensor};

/// Channels and stride of a residual block.
#[derive(Clone, Copy)]
pub(super) struct BlockShape {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) stride: i64,
    /// Whether the shortcut is a 1×1 convolution: in the first block of every stage.
    pub(super) projects: bool,
}

/// A residual block of any kind.
pub(super) enum ResidualBlock {
    PreactBottleneck(PreactBottleneck),
    Postact(Postact),
}

impl ResidualBlock {
    pub(super) fn declare(
        declarations: &mut Declarations,
        block: Block,
        name: &str,
        shape: BlockShape,
    ) -> Result<Self, TchError> {
        let BlockShape { from, to, stride, .. } = shape;
        let narrow = to / 4;
        let bottleneck = [(from, narrow, 1, 1), (narrow, narrow, 3, stride), (narrow, to, 1, 1)];
        let basic = [(from, to, 3, stride), (to, to, 3, 1)];
        Ok(match block {
            Block::PreactBottleneck => {
                Self::PreactBottleneck(PreactBottleneck::declare(declarations, name, shape, &bottleneck)?)
            }
            Block::Bottleneck => Self::Postact(Postact::declare(declarations, name, shape, &bottleneck)?),
            Block::Basic => Self::Postact(Postact::declare(declarations, name, shape, &basic)?),
        })
    }

    pub(super) fn forward(&self, input: &Tensor, training: bool) -> Result<Tensor, TchError> {
        match self {
            Self::PreactBottleneck(block) => block.forward(input, training),
            Self::Postact(block) => block.forward(input, training),
        }
    }
}

/// He et al. 2016 (arXiv:1603.05027), figure 4e with a bottleneck: batch norm and ReLU come before each convolution,
/// and a projecting shortcut takes the activated input.
pub(super) struct PreactBottleneck {
    steps: Vec<(BatchNorm, Convolution)>,
    projection: Option<Convolution>,
}

impl PreactBottleneck {
    fn declare(
        declarations: &mut Declarations,
        name: &str,
        shape: BlockShape,
        steps: &[Step],
    ) -> Result<Self, TchError> {
        let steps = (1..).zip(steps).map(|(number, step)| {
            let norm = BatchNorm::declare(declarations, &format!("{name}.norm{number}"), step.0)?;
            Ok((norm, declare_step(declarations, &format!("{name}.conv{number}"), step)?))
        });
        let steps = steps.collect::<Result<_, TchError>>()?;
        let projection = shape.projects.then(|| declare_projection(declarations, name, shape)).transpose()?;
        Ok(Self { steps, projection })
    }

    fn forward(&self, input: &Tensor, training: bool) -> Result<Tensor, TchError> {
        let mut activated = None;
        let mut output = input.shallow_clone();
        for (norm, convolution) in &self.steps {
            let normed = norm.forward_relu(&output, training)?;
            output = convolution.forward(&normed)?;
            activated.get_or_insert(normed);
        }
        match (&self.projection, activated) {
            (Some(projection), Some(activated)) => output.f_add_(&projection.forward(&activated)?),
            _ => output.f_add_(input),
        }
    }
}

/// He et al. 2015 (arXiv:1512.03385): batch norm after each convolution, ReLU after each but the last, and after the
/// addition. Stride is in the 3×3 convolution; a projecting shortcut is a convolution with batch norm (option B).
pub(super) struct Postact {
    steps: Vec<(Convolution, BatchNorm)>,
    projection: Option<(Convolution, BatchNorm)>,
}

impl Postact {
    fn declare(
        declarations: &mut Declarations,
        name: &str,
        shape: BlockShape,
        steps: &[Step],
    ) -> Result<Self, TchError> {
        let steps = (1..).zip(steps).map(|(number, step)| {
            let convolution = declare_step(declarations, &format!("{name}.conv{number}"), step)?;
            Ok((convolution, BatchNorm::declare(declarations, &format!("{name}.norm{number}"), step.1)?))
        });
        let steps = steps.collect::<Result<_, TchError>>()?;
        let projection = shape.projects.then(|| {
            let convolution = declare_projection(declarations, name, shape)?;
            let norm = BatchNorm::declare(declarations, &format!("{name}.downsample.norm"), shape.to)?;
            Ok::<_, TchError>((convolution, norm))
        });
        Ok(Self { steps, projection: projection.transpose()? })
    }

    fn forward(&self, input: &Tensor, training: bool) -> Result<Tensor, TchError> {
        let mut output = input.shallow_clone();
        for (index, (convolution, norm)) in self.steps.iter().enumerate() {
            output = norm.forward(&convolution.forward(&output)?, training)?;
            if index + 1 < self.steps.len() {
                output = output.f_relu_()?;
            }
        }
        let mut sum = match &self.projection {
            Some((convolution, norm)) => {
                output.f_add_(&norm.forward(&convolution.forward(input)?, training)?)?
            }
            None => output.f_add_(input)?,
        };
        sum.f_relu_()
    }
}

/// Input channels, output channels, kernel size and stride of one convolution of a block.
type Step = (i64, i64, i64, i64);

fn declare_step(
    declarations: &mut Declarations,
    name: &str,
    &(from, to, kernel, stride): &Step,
) -> Result<Convolution, TchError> {
    let shape = ConvolutionShape { from, to, kernel, stride };
    Convolution::declare(declarations, name, shape, Role::BlockKernel)
}

fn declare_projection(
    declarations: &mut Declarations,
    name: &str,
    BlockShape { from, to, stride, .. }: BlockShape,
) -> Result<Convolution, TchError> {
    declare_step(declarations, &format!("{name}.downsample.conv"), &(from, to, 1, stride))
}
