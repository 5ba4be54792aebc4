use std::ffi::{CStr, c_char, c_void};
use tch::{Device, Kind, TchError, Tensor};

/// What batch norm needs beside its input; all f32 `[channels]`.
pub(super) struct Normalisation<'a> {
    /// The scale.
    pub(super) weight: &'a Tensor,
    /// The shift.
    pub(super) bias: &'a Tensor,
    pub(super) running_mean: &'a Tensor,
    pub(super) running_var: &'a Tensor,
    /// The share of the new batch in the running statistics.
    pub(super) momentum: f64,
    pub(super) epsilon: f64,
    pub(super) relu: bool,
}

impl Normalisation<'_> {
    /// Normalises `input`, or `input` + `residual`, `[N, C, H, W]`; gives the result and what was normalised.
    ///
    /// `input` may be overwritten by the sum, so nothing else may need it: the output of a convolution qualifies.
    pub(super) fn run(
        &self,
        input: Tensor,
        residual: Option<&Tensor>,
        training: bool,
    ) -> Result<(Tensor, Tensor), TchError> {
        if has_fused_kernel(&input)? {
            self.run_fused(input, residual, training)
        } else {
            self.run_composed(input, residual, training)
        }
    }

    /// In libtorch's own operations, for any device and memory layout.
    fn run_composed(
        &self,
        mut input: Tensor,
        residual: Option<&Tensor>,
        training: bool,
    ) -> Result<(Tensor, Tensor), TchError> {
        if let Some(residual) = residual {
            input = input.f_add_(residual)?;
        }
        let mut output = input.f_batch_norm(
            Some(self.weight),
            Some(self.bias),
            Some(self.running_mean),
            Some(self.running_var),
            training,
            self.momentum,
            self.epsilon,
            true,
        )?;
        if self.relu {
            output = output.f_relu_()?;
        }
        Ok((output, input))
    }

    /// In one kernel of our own, for channels-last data on the CPU.
    fn run_fused(
        &self,
        input: Tensor,
        residual: Option<&Tensor>,
        training: bool,
    ) -> Result<(Tensor, Tensor), TchError> {
        let mut outputs = [std::ptr::null_mut(); 2];
        // SAFETY: every pointer is null where that is allowed, or a live tensor's; `outputs` has room for two.
        let message = unsafe {
            pipeline_normalise(
                outputs.as_mut_ptr(),
                input.as_ptr().cast(),
                self.weight.as_ptr().cast(),
                self.bias.as_ptr().cast(),
                self.running_mean.as_ptr().cast(),
                self.running_var.as_ptr().cast(),
                residual.map_or(std::ptr::null(), |residual| residual.as_ptr().cast()),
                training,
                self.relu,
                self.momentum,
                self.epsilon,
            )
        };
        if !message.is_null() {
            return Err(take_message(message));
        }
        let [output, sum] = outputs;
        // SAFETY: without a message, the function has made one tensor, and with a residual a second, for us to own.
        let output = unsafe { Tensor::from_ptr(output.cast()) };
        let sum = if residual.is_some() { unsafe { Tensor::from_ptr(sum.cast()) } } else { input };
        Ok((output, sum))
    }
}

/// Whether `native/normalise.cpp` can take this input: its loops are compiled for AVX2 on x86-64.
fn has_fused_kernel(input: &Tensor) -> Result<bool, TchError> {
    #[cfg(target_arch = "x86_64")]
    let processor = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    let processor = true;
    let kind = matches!(input.f_kind()?, Kind::Float | Kind::BFloat16);
    Ok(processor && kind && input.device() == Device::Cpu && is_channels_last(input)?)
}

/// Whether the entries lie in the order N, H, W, C without gaps.
fn is_channels_last(input: &Tensor) -> Result<bool, TchError> {
    Ok(input.f_permute([0, 2, 3, 1])?.is_contiguous())
}

fn take_message(message: *mut c_char) -> TchError {
    // SAFETY: it is a string from `strdup`, which is ours to free.
    unsafe {
        let text = CStr::from_ptr(message).to_string_lossy().into_owned();
        libc::free(message.cast());
        TchError::Torch(text)
    }
}

unsafe extern "C" {
    fn pipeline_normalise(
        outputs: *mut *mut c_void,
        input: *const c_void,
        weight: *const c_void,
        bias: *const c_void,
        running_mean: *const c_void,
        running_var: *const c_void,
        residual: *const c_void,
        training: bool,
        relu: bool,
        momentum: f64,
        epsilon: f64,
    ) -> *mut c_char;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    struct Case {
        shape: [i64; 4],
        kind: Kind,
        residual: bool,
        relu: bool,
    }

    /// Normal-ish random numbers with mean 0 and variance 1.
    fn random(shape: &[i64], index: u32) -> Tensor {
        let mut stream = Stream::new(7, 0, index, Purpose::Weights);
        let mut draw = || (0..4).map(|_| stream.uniform_in(-0.866, 0.866)).sum::<f64>() as f32;
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| draw()).collect();
        Tensor::from_slice(&values).view(shape)
    }

    fn channels_last(tensor: &Tensor) -> Tensor {
        tensor.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
    }

    /// Everything that a batch norm gives: result, sum, running statistics, and the gradients of input, residual,
    /// weight and bias.
    fn outcome(case: &Case, fused: bool, training: bool) -> Vec<Tensor> {
        let data = |index| random(&case.shape, index).to_kind(case.kind);
        let vector = |index| random(&case.shape[1..2], index);
        let leaf = |tensor: Tensor| tensor.set_requires_grad(true);
        let (input, residual) = (leaf(data(0) * 3 + 2), leaf(data(1)));
        let (weight, bias) = (leaf(vector(2)), leaf(vector(3)));
        let (running_mean, running_var) = (vector(4), vector(5).square() + 0.5);
        let normalisation = Normalisation {
            weight: &weight,
            bias: &bias,
            running_mean: &running_mean,
            running_var: &running_var,
            momentum: 0.1,
            epsilon: 2e-5,
            relu: case.relu,
        };
        let run = || {
            // Copies, since the sum may overwrite its first part.
            if fused {
                let residual = case.residual.then(|| channels_last(&residual));
                normalisation.run_fused(channels_last(&input).copy(), residual.as_ref(), training).unwrap()
            } else {
                let residual = case.residual.then(|| residual.copy());
                normalisation.run_composed(input.copy(), residual.as_ref(), training).unwrap()
            }
        };
        if !training {
            let (output, sum) = tch::no_grad(run);
            return vec![output, sum];
        }
        let (output, sum) = run();
        ((&output * data(6)).sum(Kind::Float) + (&sum * data(7)).sum(Kind::Float)).backward();
        let mut all = vec![output, sum, running_mean.copy(), running_var.copy()];
        all.extend([&input, &weight, &bias].map(Tensor::grad));
        all.extend(case.residual.then(|| residual.grad()));
        all
    }

    fn assert_alike(case: &Case, training: bool, tolerance: f64) {
        let pairs = outcome(case, true, training).into_iter().zip(outcome(case, false, training));
        for (index, (fused, composed)) in pairs.enumerate() {
            let scale = composed.abs().max().double_value(&[]).max(1.0);
            let difference = (fused - composed).abs().max().double_value(&[]) / scale;
            assert!(difference <= tolerance, "{:?} tensor {index} differs by {difference:e}", case.shape);
        }
    }

    #[test]
    fn the_fused_kernel_gives_what_libtorch_gives() {
        for shape in [[2, 3, 5, 7], [4, 4, 16, 16], [3, 33, 3, 3], [4, 64, 24, 24], [1, 512, 2, 2]] {
            for (residual, relu) in [(false, false), (false, true), (true, false), (true, true)] {
                for training in [true, false] {
                    assert_alike(&Case { shape, kind: Kind::Float, residual, relu }, training, 5e-6);
                }
            }
        }
    }

    #[test]
    fn bfloat16_is_rounded_as_libtorch_rounds_it() {
        for residual in [false, true] {
            let case = Case { shape: [4, 16, 8, 8], kind: Kind::BFloat16, residual, relu: false };
            assert_alike(&case, false, 4e-3);
            assert_alike(&case, true, 8e-3);
        }
    }
}
