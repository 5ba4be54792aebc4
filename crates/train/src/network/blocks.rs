use super::declarations::{Declarations, Role};
use super::layers::{BatchNorm, Convolution, ConvolutionShape, Sum};
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
    PreactBottleneck(Box<PreactBottleneck>),
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
                let block = PreactBottleneck::declare(declarations, name, shape, bottleneck)?;
                Self::PreactBottleneck(Box::new(block))
            }
            Block::Bottleneck => Self::Postact(Postact::declare(declarations, name, shape, &bottleneck)?),
            Block::Basic => Self::Postact(Postact::declare(declarations, name, shape, &basic)?),
        })
    }

    pub(super) fn forward(&self, input: Sum, training: bool) -> Result<Sum, TchError> {
        match self {
            Self::PreactBottleneck(block) => block.forward(input, training),
            Self::Postact(block) => block.forward(input.total()?, training),
        }
    }
}

/// He et al. 2016 (arXiv:1603.05027), figure 4e as a bottleneck: batch norm and ReLU come before each convolution, and
/// a projecting shortcut takes the activated input.
pub(super) struct PreactBottleneck {
    pub(super) norm1: BatchNorm,
    pub(super) conv1: Convolution,
    pub(super) norm2: BatchNorm,
    pub(super) conv2: Convolution,
    pub(super) norm3: BatchNorm,
    pub(super) conv3: Convolution,
    pub(super) projection: Option<Convolution>,
}

impl PreactBottleneck {
    fn declare(
        declarations: &mut Declarations,
        name: &str,
        shape: BlockShape,
        [step1, step2, step3]: [Step; 3],
    ) -> Result<Self, TchError> {
        Ok(Self {
            norm1: BatchNorm::declare(declarations, &format!("{name}.norm1"), step1.0)?,
            conv1: declare_convolution(declarations, &format!("{name}.conv1"), step1)?,
            norm2: BatchNorm::declare(declarations, &format!("{name}.norm2"), step2.0)?,
            conv2: declare_convolution(declarations, &format!("{name}.conv2"), step2)?,
            norm3: BatchNorm::declare(declarations, &format!("{name}.norm3"), step3.0)?,
            conv3: declare_convolution(declarations, &format!("{name}.conv3"), step3)?,
            projection: declare_projection(declarations, name, shape)?,
        })
    }

    fn forward(&self, input: Sum, training: bool) -> Result<Sum, TchError> {
        let (activated, input) = self.norm1.forward_sum(input, training)?;
        let branch = self.conv1.forward(&activated)?;
        let branch = self.conv2.forward(&self.norm2.forward_relu(branch, training)?)?;
        let branch = self.conv3.forward(&self.norm3.forward_relu(branch, training)?)?;
        let shortcut = match &self.projection {
            Some(projection) => projection.forward(&activated)?,
            None => input,
        };
        Ok(Sum { branch, shortcut: Some(shortcut) })
    }
}

/// He et al. 2015 (arXiv:1512.03385): batch norm after each convolution, ReLU after each but the last, and after the
/// addition. The stride is in a 3×3 convolution; a projecting shortcut is a convolution with batch norm (option B).
pub(super) struct Postact {
    pub(super) steps: Vec<(Convolution, BatchNorm)>,
    pub(super) projection: Option<(Convolution, BatchNorm)>,
}

impl Postact {
    fn declare(
        declarations: &mut Declarations,
        name: &str,
        shape: BlockShape,
        steps: &[Step],
    ) -> Result<Self, TchError> {
        let steps = (1..).zip(steps).map(|(number, &step)| {
            let convolution = declare_convolution(declarations, &format!("{name}.conv{number}"), step)?;
            Ok((convolution, BatchNorm::declare(declarations, &format!("{name}.norm{number}"), step.1)?))
        });
        let steps = steps.collect::<Result<_, TchError>>()?;
        let projection = match declare_projection(declarations, name, shape)? {
            Some(convolution) => {
                let norm = BatchNorm::declare(declarations, &format!("{name}.downsample.norm"), shape.to)?;
                Some((convolution, norm))
            }
            None => None,
        };
        Ok(Self { steps, projection })
    }

    fn forward(&self, input: Tensor, training: bool) -> Result<Sum, TchError> {
        let mut branch = input.shallow_clone();
        let last = self.steps.len() - 1;
        for (index, (convolution, norm)) in self.steps.iter().enumerate() {
            let convolved = convolution.forward(&branch)?;
            branch = if index < last {
                norm.forward_relu(convolved, training)?
            } else {
                norm.forward(convolved, training)?
            };
        }
        let shortcut = match &self.projection {
            Some((convolution, norm)) => norm.forward(convolution.forward(&input)?, training)?,
            None => input,
        };
        let output = Sum { branch, shortcut: Some(shortcut) }.total()?.f_relu_()?;
        Ok(Sum { branch: output, shortcut: None })
    }
}

/// Input channels, output channels, kernel size and stride of one convolution of a block.
type Step = (i64, i64, i64, i64);

fn declare_convolution(
    declarations: &mut Declarations,
    name: &str,
    (from, to, kernel, stride): Step,
) -> Result<Convolution, TchError> {
    let shape = ConvolutionShape { from, to, kernel, stride };
    Convolution::declare(declarations, name, shape, Role::BlockKernel)
}

fn declare_projection(
    declarations: &mut Declarations,
    name: &str,
    BlockShape { from, to, stride, projects }: BlockShape,
) -> Result<Option<Convolution>, TchError> {
    let name = format!("{name}.downsample.conv");
    projects.then(|| declare_convolution(declarations, &name, (from, to, 1, stride))).transpose()
}
