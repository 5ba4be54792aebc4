use serde::{Deserialize, Serialize};

/// A metric over the runs behind a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The mean, or the value itself if there is one only.
    pub mean: f64,
    /// The sample standard deviation (n − 1), from two values on.
    pub deviation: Option<f64>,
    /// How many values.
    pub count: usize,
}

/// Means that differ by less, relative to their size, differ by rounding alone.
const ROUNDING: f64 = 1e-14;

impl Measurement {
    /// One value, as measured.
    pub fn single(value: f64) -> Self {
        Self { mean: value, deviation: None, count: 1 }
    }

    /// Mean and standard deviation of `values`, whatever their order; `None` without any. Both come from the
    /// differences to the smallest value, so that equal values have themselves as mean and no deviation.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let (count, first) = (values.len(), *values.first()?);
        let mean_difference = values.iter().map(|value| value - first).sum::<f64>() / count as f64;
        let mean = if values.last() == Some(&first) { first } else { first + mean_difference };
        let squares: f64 = values.iter().map(|value| (value - first - mean_difference).powi(2)).sum();
        let deviation = (count > 1).then(|| match values.last() == Some(&first) {
            true => 0.0,
            false => (squares / (count - 1) as f64).sqrt(),
        });
        Some(Self { mean, deviation, count })
    }

    /// Whether both have the same mean, but for rounding.
    pub fn ties_with(&self, other: &Self) -> bool {
        let (a, b) = (self.mean, other.mean);
        a == b || (a - b).abs() <= ROUNDING * a.abs().max(b.abs())
    }

    /// Whether the difference to `other` is no larger than one standard deviation of such a difference,
    /// √(s₁² + s₂²); false where neither has a spread.
    pub fn is_within_spread_of(&self, other: &Self) -> bool {
        let variance = |measurement: &Self| measurement.deviation.map(|deviation| deviation.powi(2));
        match (variance(self), variance(other)) {
            (None, None) => false,
            (a, b) => {
                let spread = (a.unwrap_or(0.0) + b.unwrap_or(0.0)).sqrt();
                self.ties_with(other) || (self.mean - other.mean).abs() <= spread
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_deviation_is_that_of_a_sample() {
        let folded = Measurement::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((folded.mean, folded.count), (5.0, 8));
        assert!((folded.deviation.unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(Measurement::of(&[3.0]), Some(Measurement::single(3.0)));
        assert_eq!(Measurement::of(&[]), None);
    }

    #[test]
    fn equal_values_have_themselves_as_mean_and_no_deviation() {
        for value in [0.05, 0.1, 1e-3, 123.456, f64::MAX, 0.0, f64::INFINITY] {
            for count in 2..12 {
                let folded = Measurement::of(&vec![value; count]);
                assert_eq!(folded, Some(Measurement { mean: value, deviation: Some(0.0), count }));
            }
        }
    }

    #[test]
    fn equal_means_tie_whatever_the_order_and_the_values() {
        let mean = |values: &[f64]| Measurement::of(values).unwrap();
        assert_eq!(mean(&[0.1, 0.7, 0.3]), mean(&[0.3, 0.1, 0.7]));
        assert!(mean(&[0.1, 0.3]).ties_with(&mean(&[0.2, 0.2])));
        assert!(mean(&[0.05, 0.07, 0.09]).ties_with(&Measurement::single(0.07)));
        assert!(!mean(&[0.1, 0.3]).ties_with(&Measurement::single(0.2 + 1e-12)));
    }

    #[test]
    fn spread_is_that_of_a_difference() {
        let wide = Measurement { mean: 1.0, deviation: Some(0.3), count: 3 };
        let near = Measurement { mean: 1.5, deviation: Some(0.4), count: 3 };
        let far = Measurement { mean: 1.51, deviation: Some(0.4), count: 3 };
        assert!(wide.is_within_spread_of(&near));
        assert!(!wide.is_within_spread_of(&far));
        assert!(!Measurement::single(1.0).is_within_spread_of(&Measurement::single(1.0)));
    }
}
