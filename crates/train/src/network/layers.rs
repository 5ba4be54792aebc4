use super::declarations::{Declarations, Role};
use super::normalise::Normalisation;
use tch::{Device, TchError, Tensor};

/// Keras' default of the study, not PyTorch's 1e-5.
const BATCH_NORM_EPSILON: f64 = 2e-5;
/// In PyTorch's sense: the share of the new batch in the running statistics.
const BATCH_NORM_MOMENTUM: f64 = 0.1;

/// Batch normalisation over N, H and W; parameters and statistics are 32-bit whatever the input is.
pub(super) struct BatchNorm {
    pub(super) name: String,
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
}

impl BatchNorm {
    pub(super) fn declare(
        declarations: &mut Declarations,
        name: &str,
        channels: i64,
    ) -> Result<Self, TchError> {
        Ok(Self {
            name: name.to_owned(),
            weight: declarations.vector(format!("{name}.weight"), channels, 1.0)?,
            bias: declarations.vector(format!("{name}.bias"), channels, 0.0)?,
            running_mean: declarations.statistic(format!("{name}.running_mean"), channels, 0.0)?,
            running_var: declarations.statistic(format!("{name}.running_var"), channels, 1.0)?,
        })
    }

    /// Batch norm of a tensor that nothing else needs.
    pub(super) fn forward(&self, input: Tensor, training: bool) -> Result<Tensor, TchError> {
        Ok(self.normalisation(false).run(input, None, training)?.0)
    }

    /// Batch norm, then ReLU, of a tensor that nothing else needs.
    pub(super) fn forward_relu(&self, input: Tensor, training: bool) -> Result<Tensor, TchError> {
        Ok(self.normalisation(true).run(input, None, training)?.0)
    }

    /// Adds up the two parts of `sum`; gives ReLU of its batch norm, and the total itself.
    pub(super) fn forward_sum(&self, sum: Sum, training: bool) -> Result<(Tensor, Tensor), TchError> {
        self.normalisation(true).run(sum.branch, sum.shortcut.as_ref(), training)
    }

    fn normalisation(&self, relu: bool) -> Normalisation<'_> {
        Normalisation {
            weight: &self.weight,
            bias: &self.bias,
            running_mean: &self.running_mean,
            running_var: &self.running_var,
            momentum: BATCH_NORM_MOMENTUM,
            epsilon: BATCH_NORM_EPSILON,
            relu,
        }
    }
}

/// What a residual block puts out: branch + shortcut, not added up yet, since the batch norm that follows does it in
/// passing.
pub(super) struct Sum {
    /// A tensor that nothing else needs.
    pub(super) branch: Tensor,
    pub(super) shortcut: Option<Tensor>,
}

impl Sum {
    pub(super) fn total(mut self) -> Result<Tensor, TchError> {
        match &self.shortcut {
            Some(shortcut) => self.branch.f_add_(shortcut),
            None => Ok(self.branch),
        }
    }
}

/// A square convolution without bias, padded so that the output has ⌈size / stride⌉ rows and columns.
pub(super) struct Convolution {
    pub(super) name: String,
    pub(super) shape: ConvolutionShape,
    pub(super) weight: Tensor,
}

/// Fewer input channels than one AVX-512 register holds. For these, oneDNN (up to 3.14) writes past its workspace in
/// the gradient of a 1×1 convolution with a stride (github.com/uxlfoundation/oneDNN/issues/6035): a crash, or wrong
/// gradients. Taking the points that the stride leaves first is the same in numbers, and what oneDNN does itself.
const NARROW: i64 = 16;

/// The input and output channels, kernel size and stride of a convolution.
#[derive(Clone, Copy)]
pub(super) struct ConvolutionShape {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) kernel: i64,
    pub(super) stride: i64,
}

impl Convolution {
    pub(super) fn declare(
        declarations: &mut Declarations,
        name: &str,
        shape: ConvolutionShape,
        role: Role,
    ) -> Result<Self, TchError> {
        let ConvolutionShape { from, to, kernel, .. } = shape;
        let weight = declarations.kernel(format!("{name}.weight"), &[to, from, kernel, kernel], role)?;
        Ok(Self { name: name.to_owned(), shape, weight })
    }

    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let ConvolutionShape { from, kernel, stride, .. } = self.shape;
        if kernel == 1 && stride > 1 && from < NARROW && input.device() == Device::Cpu {
            let points = input.f_slice(2, None, None, stride)?.f_slice(3, None, None, stride)?;
            return points.f_conv2d(&self.weight, None::<&Tensor>, [1, 1], [0, 0], [1, 1], 1);
        }
        let (_, _, height, width) = input.size4()?;
        let (top, bottom) = same_padding(height, kernel, stride);
        let (left, right) = same_padding(width, kernel, stride);
        let convolve = |input: &Tensor, padding: [i64; 2]| {
            input.f_conv2d(&self.weight, None::<&Tensor>, [stride; 2], padding, [1, 1], 1)
        };
        if (top, left) == (bottom, right) {
            convolve(input, [top, left])
        } else {
            convolve(&input.f_constant_pad_nd([left, right, top, bottom])?, [0, 0])
        }
    }
}

/// TensorFlow's "same" padding of one axis, before and after: the output has ⌈size / stride⌉ entries, and an odd
/// rest goes after. With stride 2, kernel 3 and an even size that is (0, 1).
pub(super) fn same_padding(size: i64, kernel: i64, stride: i64) -> (i64, i64) {
    let outputs = (size + stride - 1) / stride;
    let total = ((outputs - 1) * stride + kernel - size).max(0);
    (total / 2, total - total / 2)
}

/// The linear layer at the end. Its bias is added in 32 bits.
pub(super) struct Linear {
    pub(super) name: String,
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
}

impl Linear {
    pub(super) fn declare(
        declarations: &mut Declarations,
        name: &str,
        from: i64,
        to: i64,
    ) -> Result<Self, TchError> {
        Ok(Self {
            name: name.to_owned(),
            weight: declarations.kernel(format!("{name}.weight"), &[to, from], Role::OuterKernel)?,
            bias: declarations.vector(format!("{name}.bias"), to, 0.0)?,
        })
    }

    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        if self.weight.f_kind()? == self.bias.f_kind()? {
            return input.f_linear(&self.weight, Some(&self.bias));
        }
        input.f_linear(&self.weight, None::<&Tensor>)?.f_to_kind(self.bias.f_kind()?)?.f_add(&self.bias)
    }
}

#[cfg(test)]
mod tests {
    use super::{Convolution, ConvolutionShape, same_padding};
    use tch::{Kind, Tensor};

    /// What goes wrong without the way round shows in `tests/end_to_end` only, as a crash after some steps.
    #[test]
    fn a_narrow_convolution_with_a_stride_has_the_gradient_of_double_precision() {
        let shape = ConvolutionShape { from: 8, to: 8, kernel: 1, stride: 2 };
        let values = |size: &[i64]| {
            let count = size.iter().product::<i64>();
            (Tensor::arange(count, (Kind::Double, tch::Device::Cpu)) * 0.7).sin().reshape(size)
        };
        let input = values(&[32, 32, 32, 8]).permute([0, 3, 1, 2]);
        let gradient = |kind: Kind| {
            let weight = values(&[8, 8, 1, 1]).to_kind(kind).set_requires_grad(true);
            let convolution = Convolution { name: String::new(), shape, weight };
            let output = match kind {
                Kind::Double => input.conv2d(&convolution.weight, None::<Tensor>, [2; 2], [0; 2], [1; 2], 1),
                _ => convolution.forward(&input.to_kind(kind)).unwrap(),
            };
            assert_eq!(output.size(), [32, 8, 16, 16]);
            output.square().mean(kind).backward();
            convolution.weight.grad().to_kind(Kind::Double)
        };
        let worst = (gradient(Kind::Float) - gradient(Kind::Double)).abs().max().double_value(&[]);
        assert!(worst < 1e-6, "{worst}");
    }

    #[test]
    fn padding_is_tensorflows() {
        assert_eq!(same_padding(32, 3, 1), (1, 1));
        assert_eq!(same_padding(64, 5, 1), (2, 2));
        assert_eq!(same_padding(32, 3, 2), (0, 1));
        assert_eq!(same_padding(7, 3, 2), (1, 1));
        assert_eq!(same_padding(32, 1, 2), (0, 0));
        assert_eq!(same_padding(1, 3, 2), (1, 1));
    }
}
