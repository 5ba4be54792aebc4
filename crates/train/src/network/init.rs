use crate::random::{Purpose, Stream};

/// Glorot and Bengio's uniform initialisation (AISTATS 2010, equation 16): U(±√(6 / (fan_in + fan_out))).
///
/// `shape` is `[out, in, height, width]` or `[out, in]`; the values come in that order. `index` tells the tensors of
/// one network apart.
pub(super) fn glorot_uniform(shape: &[i64], seed: u64, index: u32) -> Vec<f32> {
    let limit = glorot_limit(shape);
    let mut draws = Stream::new(seed, 0, index, Purpose::Weights);
    (0..shape.iter().product()).map(|_| draws.uniform_in(-limit, limit) as f32).collect()
}

fn glorot_limit(shape: &[i64]) -> f64 {
    let receptive_field: i64 = shape[2..].iter().product();
    (6.0 / ((shape[0] + shape[1]) * receptive_field) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fill_the_glorot_interval() {
        let values = glorot_uniform(&[64, 32, 3, 3], 42, 0);
        let limit = (6.0_f64 / (9.0 * 96.0)).sqrt() as f32;
        let variance = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
        assert_eq!(values.len(), 64 * 32 * 9);
        assert!(values.iter().all(|value| value.abs() <= limit));
        assert!(
            values.iter().any(|value| *value > 0.99 * limit)
                && values.iter().any(|value| *value < -0.99 * limit)
        );
        assert!((variance - limit * limit / 3.0).abs() < 0.02 * limit * limit, "variance {variance}");
    }

    #[test]
    fn seed_and_tensor_decide_the_values() {
        let values = |seed, index| glorot_uniform(&[4, 4], seed, index);
        assert_eq!(values(1, 0), values(1, 0));
        assert_ne!(values(1, 0), values(2, 0));
        assert_ne!(values(1, 0), values(1, 1));
    }
}
