use tch::{Device, Kind, TchError, Tensor};

/// What a tensor of the network is. Tensors lie in the flat buffers in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The stem's convolution and the linear kernel, under the penalty `l2`.
    OuterKernel,
    /// A convolution inside a block, under the penalty `block_l2`.
    BlockKernel,
    /// A bias, or scale or shift of batch norm: no penalty, and 32-bit in every precision.
    Vector,
    /// A running statistic of batch norm: not trained.
    Statistic,
}

impl Role {
    pub(super) fn is_kernel(self) -> bool {
        matches!(self, Self::OuterKernel | Self::BlockKernel)
    }
}

/// A tensor that a layer asked for.
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) shape: Vec<i64>,
    /// What all entries start from; kernels are drawn at random instead.
    pub(super) fill: f64,
    /// The layer's own handle; it gets its storage from [`super::parameters::Storage::allocate`].
    pub(super) handle: Tensor,
}

/// Collects the tensors that the layers of a network ask for while they are built, so that all of them can then be
/// given storage in a few flat buffers.
pub(super) struct Declarations {
    pub(super) compute_kind: Kind,
    pub(super) device: Device,
    pub(super) tensors: Vec<Declaration>,
}

impl Declarations {
    pub(super) fn new(compute_kind: Kind, device: Device) -> Self {
        Self { compute_kind, device, tensors: Vec::new() }
    }

    /// The kernel of a convolution, `[out, in, height, width]`, or of a linear layer, `[out, in]`.
    pub(super) fn kernel(&mut self, name: String, shape: &[i64], role: Role) -> Result<Tensor, TchError> {
        self.declare(name, role, shape, 0.0)
    }

    /// A bias, or a scale or shift of batch norm, starting from `fill`.
    pub(super) fn vector(&mut self, name: String, length: i64, fill: f64) -> Result<Tensor, TchError> {
        self.declare(name, Role::Vector, &[length], fill)
    }

    /// A running statistic of batch norm, starting from `fill`.
    pub(super) fn statistic(&mut self, name: String, length: i64, fill: f64) -> Result<Tensor, TchError> {
        self.declare(name, Role::Statistic, &[length], fill)
    }

    fn declare(&mut self, name: String, role: Role, shape: &[i64], fill: f64) -> Result<Tensor, TchError> {
        let kind = if role.is_kernel() { self.compute_kind } else { Kind::Float };
        let handle = Tensor::f_empty([0], (kind, self.device))?;
        let layers_own = handle.shallow_clone();
        self.tensors.push(Declaration { name, role, shape: shape.to_vec(), fill, handle });
        Ok(layers_own)
    }
}
