use super::declarations::{Declaration, Declarations, Role};
use super::init::glorot_uniform;
use tch::{Kind, TchError, Tensor};

/// A tensor of the network under its name, a view into a flat buffer.
pub(super) struct NamedTensor {
    pub(super) name: String,
    pub(super) value: Tensor,
    pub(super) trainable: bool,
}

/// All trained weights of a network in one buffer and their gradients in another, laid out alike, so that a step of
/// the optimiser is a handful of operations whatever the number of layers.
///
/// The layers' tensors are views of `weights` (of `compute.weights` for kernels in low precision), and autograd
/// accumulates into views of `gradients`. Convolution kernels lie in `[out, height, width, in]` order, which makes
/// their views channels-last.
pub(crate) struct FlatParameters {
    /// f32 `[parameters]`: kernels under `l2`, kernels under `block_l2`, the rest.
    pub(crate) weights: Tensor,
    /// f32 `[parameters]`.
    pub(crate) gradients: Tensor,
    /// Kernels in the precision of the forward and backward pass, if that is not f32.
    compute: Option<ComputeCopy>,
    /// Lengths of the three parts of `weights`.
    pub(crate) lengths: PartLengths,
}

/// How many entries of the flat buffer bear which penalty, in the order they lie there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartLengths {
    pub(crate) outer_kernels: i64,
    pub(crate) block_kernels: i64,
    pub(crate) vectors: i64,
}

/// The kernels once more, `[kernels]` each, in the precision of the forward and backward pass.
struct ComputeCopy {
    weights: Tensor,
    gradients: Tensor,
}

impl FlatParameters {
    /// Another handle on the same buffers.
    pub(crate) fn share(&self) -> Self {
        let compute = self.compute.as_ref().map(|copy| ComputeCopy {
            weights: copy.weights.shallow_clone(),
            gradients: copy.gradients.shallow_clone(),
        });
        Self {
            weights: self.weights.shallow_clone(),
            gradients: self.gradients.shallow_clone(),
            compute,
            lengths: self.lengths,
        }
    }

    /// Clears the gradients.
    pub(crate) fn zero_gradients(&mut self) -> Result<(), TchError> {
        if let Some(copy) = &mut self.compute {
            let _ = copy.gradients.f_zero_()?;
        }
        self.gradients.f_zero_().map(drop)
    }

    /// Adds the gradients of a low-precision backward pass to `gradients`, and clears them for the next one, so
    /// that the sum over several batches is taken in 32 bits.
    pub(crate) fn gather_gradients(&mut self) -> Result<(), TchError> {
        let kernels = self.kernels();
        let Some(copy) = &mut self.compute else { return Ok(()) };
        let _ = self.gradients.f_narrow(0, 0, kernels)?.f_add_(&copy.gradients)?;
        copy.gradients.f_zero_().map(drop)
    }

    /// Renews the low-precision copy after a change of `weights`.
    pub(crate) fn refresh_compute_copy(&mut self) -> Result<(), TchError> {
        let kernels = self.kernels();
        match &mut self.compute {
            Some(copy) => copy.weights.f_copy_(&self.weights.f_narrow(0, 0, kernels)?),
            None => Ok(()),
        }
    }

    fn kernels(&self) -> i64 {
        self.lengths.outer_kernels + self.lengths.block_kernels
    }
}

/// Where a network's tensors live.
pub(super) struct Storage {
    pub(super) parameters: FlatParameters,
    /// All running statistics, f32, one after the other.
    pub(super) statistics: Tensor,
    /// In the order of declaration.
    pub(super) named: Vec<NamedTensor>,
}

impl Storage {
    /// Gives every declared tensor its place and its initial value: kernels Glorot uniform, drawn from `seed`.
    pub(super) fn allocate(declarations: Declarations, seed: u64) -> Result<Self, TchError> {
        let Declarations { compute_kind, device, mut tensors } = declarations;
        let length = |role| -> i64 {
            tensors.iter().filter(|tensor| tensor.role == role).map(Declaration::entries).sum()
        };
        let lengths = PartLengths {
            outer_kernels: length(Role::OuterKernel),
            block_kernels: length(Role::BlockKernel),
            vectors: length(Role::Vector),
        };
        let kernels = lengths.outer_kernels + lengths.block_kernels;
        let flat = |kind, length: i64| Tensor::f_zeros([length], (kind, device));
        let statistics = flat(Kind::Float, length(Role::Statistic))?;
        let compute = (compute_kind != Kind::Float)
            .then(|| {
                let (weights, gradients) = (flat(compute_kind, kernels)?, flat(compute_kind, kernels)?);
                Ok::<_, TchError>(ComputeCopy { weights, gradients })
            })
            .transpose()?;
        let mut parameters = FlatParameters {
            weights: flat(Kind::Float, kernels + lengths.vectors)?,
            gradients: flat(Kind::Float, kernels + lengths.vectors)?,
            compute,
            lengths,
        };
        let named = place(&mut tensors, &parameters, &statistics, seed)?;
        parameters.refresh_compute_copy()?;
        Ok(Self { parameters, statistics, named })
    }
}

/// Points every handle at its part of the buffers and fills in the initial values.
fn place(
    tensors: &mut [Declaration],
    parameters: &FlatParameters,
    statistics: &Tensor,
    seed: u64,
) -> Result<Vec<NamedTensor>, TchError> {
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    order.sort_by_key(|&index| tensors[index].role);
    let mut views: Vec<Option<NamedTensor>> = tensors.iter().map(|_| None).collect();
    let (mut offset, mut statistics_offset) = (0, 0);
    for index in order {
        let tensor = &mut tensors[index];
        let (buffer, offset) = if tensor.role == Role::Statistic {
            (statistics, &mut statistics_offset)
        } else {
            (&parameters.weights, &mut offset)
        };
        let mut value = tensor.view_of(buffer, *offset)?;
        tensor.initialise(&mut value, seed, index as u32)?;
        match &parameters.compute {
            Some(copy) if tensor.role.is_kernel() => {
                tensor.attach(&copy.weights, Some(&copy.gradients), *offset)?;
            }
            _ if tensor.role == Role::Statistic => tensor.attach(statistics, None, *offset)?,
            _ => tensor.attach(&parameters.weights, Some(&parameters.gradients), *offset)?,
        }
        *offset += tensor.entries();
        let trainable = tensor.role != Role::Statistic;
        views[index] = Some(NamedTensor { name: tensor.name.clone(), value, trainable });
    }
    Ok(views.into_iter().flatten().collect())
}

impl Declaration {
    fn entries(&self) -> i64 {
        self.shape.iter().product()
    }

    /// The part of a flat buffer that belongs to this tensor, in its shape; four-dimensional ones channels-last.
    fn view_of(&self, buffer: &Tensor, offset: i64) -> Result<Tensor, TchError> {
        let strides = match self.shape[..] {
            [_, inputs, height, width] => vec![height * width * inputs, 1, width * inputs, inputs],
            [_, inputs] => vec![inputs, 1],
            _ => vec![1],
        };
        buffer.f_as_strided(&self.shape, strides, offset)
    }

    fn initialise(&self, value: &mut Tensor, seed: u64, index: u32) -> Result<(), TchError> {
        if self.role.is_kernel() {
            value.f_copy_(
                &Tensor::f_from_slice(&glorot_uniform(&self.shape, seed, index))?.f_view(&self.shape[..])?,
            )
        } else {
            value.f_fill_(self.fill).map(drop)
        }
    }

    /// Moves the layer's handle onto its part of `weights`, and its gradient onto that of `gradients`.
    ///
    /// libtorch makes a gradient tensor only in a backward pass, so a trivial one comes first.
    fn attach(&mut self, weights: &Tensor, gradients: Option<&Tensor>, offset: i64) -> Result<(), TchError> {
        self.handle.f_set_data(&self.view_of(weights, offset)?)?;
        let Some(gradients) = gradients else { return Ok(()) };
        self.handle = self.handle.f_set_requires_grad(true)?;
        self.handle.f_sum(self.handle.f_kind()?)?.f_backward()?;
        self.handle.f_grad()?.f_set_data(&self.view_of(gradients, offset)?)
    }
}
