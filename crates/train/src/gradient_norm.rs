use tch::{TchError, Tensor};

/// Keeps the quotient finite; PyTorch's `clip_grad_norm_` adds the same.
const EPSILON: f64 = 1e-6;

/// Shortens a gradient, f32 `[parameters]`, to the norm `largest` if it is longer; 0 is no limit.
///
/// Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013. The device is not waited for.
pub(crate) fn limit_norm(gradients: &mut Tensor, largest: f64) -> Result<(), TchError> {
    if largest == 0.0 {
        return Ok(());
    }
    let norm = gradients.f_norm()?.f_add_scalar(EPSILON)?;
    let share = norm.f_reciprocal()?.f_mul_scalar(largest)?.f_clamp_max(1.0)?;
    gradients.f_mul_(&share).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(largest: f64) -> Vec<f32> {
        let mut gradients = Tensor::from_slice(&[3.0_f32, -4.0, 12.0]);
        limit_norm(&mut gradients, largest).unwrap();
        Vec::try_from(gradients).unwrap()
    }

    #[test]
    fn only_what_is_too_long_is_shortened() {
        assert_eq!(limited(0.0), [3.0, -4.0, 12.0]);
        assert_eq!(limited(20.0), [3.0, -4.0, 12.0]);
        for (found, expected) in limited(6.5).into_iter().zip([1.5, -2.0, 6.0]) {
            assert!((found - expected).abs() < 1e-5, "{found}, wanted {expected}");
        }
    }
}
