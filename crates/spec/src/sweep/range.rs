use super::sample;
use std::ops::RangeInclusive;

/// A range to draw from, as `--set lr=log(1e-3,1e-1)` writes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Range {
    /// Every number between two is as likely.
    Uniform(f64, f64),
    /// Every order of magnitude between two positive numbers is as likely.
    Log(f64, f64),
    /// Every whole number from the first to the second is as likely.
    Int(i64, i64),
}

impl Range {
    /// Reads `uniform(A,B)`, `log(A,B)` or `int(A,B)`; `None` if the text is none of them, and an error where it
    /// is one with wrong bounds.
    pub fn read(text: &str) -> Option<Result<Self, &'static str>> {
        let (name, rest) = text.split_once('(')?;
        let name = name.trim_end();
        if !["uniform", "log", "int"].contains(&name) {
            return None;
        }
        Some(Self::with_bounds(name, rest))
    }

    fn with_bounds(name: &str, rest: &str) -> Result<Self, &'static str> {
        let bounds = rest.strip_suffix(')').and_then(|bounds| bounds.split_once(','));
        let (low, high) = bounds.ok_or("needs a lower and an upper bound")?;
        let (low, high) = (low.trim(), high.trim());
        if name == "int" {
            return match (low.parse(), high.parse()) {
                (Ok(low), Ok(high)) if low < high => Ok(Self::Int(low, high)),
                _ => Err("needs two whole numbers, the smaller first"),
            };
        }
        let bounds = low.parse().ok().zip(high.parse().ok());
        match bounds.filter(|(low, high): &(f64, f64)| low < high && low.is_finite() && high.is_finite()) {
            Some((low, high)) if name == "uniform" => Ok(Self::Uniform(low, high)),
            Some((low, high)) if low > 0.0 => Ok(Self::Log(low, high)),
            Some(_) => Err("needs two numbers above 0"),
            None => Err("needs two numbers, the smaller first"),
        }
    }

    /// The value at `share`, which is in [0, 1), as TOML; numbers keep four significant digits, so that they
    /// can be read and typed again.
    pub fn at(self, share: f64) -> String {
        let between = |low: f64, high: f64, value: f64| format!("{:?}", round(value).clamp(low, high));
        match self {
            Self::Uniform(low, high) => between(low, high, low + share * (high - low)),
            Self::Log(low, high) => between(low, high, low * (high / low).powf(share)),
            Self::Int(low, high) => {
                let count = high.abs_diff(low).saturating_add(1);
                low.saturating_add_unsigned(sample::index(share, count)).to_string()
            }
        }
    }
}

fn round(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// The whole numbers of `1..3`, both ends included.
pub(super) fn whole_numbers(text: &str) -> Option<RangeInclusive<i64>> {
    let (first, last) = text.split_once("..")?;
    Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (text, expected) in [
            ("uniform(0, 0.5)", Some(Ok(Range::Uniform(0.0, 0.5)))),
            ("log(1e-3,1e-1)", Some(Ok(Range::Log(1e-3, 1e-1)))),
            ("int(1,3)", Some(Ok(Range::Int(1, 3)))),
            ("log(0,1)", Some(Err("needs two numbers above 0"))),
            ("log(1e-3)", Some(Err("needs a lower and an upper bound"))),
            ("uniform(2,1)", Some(Err("needs two numbers, the smaller first"))),
            ("int(1,2.5)", Some(Err("needs two whole numbers, the smaller first"))),
            ("exp(1,2)", None),
            ("0.1", None),
        ] {
            assert_eq!(Range::read(text), expected, "{text}");
        }
        assert_eq!(whole_numbers("1..3"), Some(1..=3));
        assert_eq!(whole_numbers("-1..1"), Some(-1..=1));
        assert_eq!(whole_numbers("data/1..3"), None);
    }

    #[test]
    fn draws_stay_within_their_bounds_and_are_short() {
        assert_eq!(Range::Uniform(0.0, 1.0).at(0.123_456), "0.1235");
        assert_eq!(Range::Log(1e-4, 1.0).at(0.5), "0.01");
        assert_eq!(Range::Log(1e-7, 1e-5).at(0.5), "1e-6");
        assert_eq!(Range::Uniform(1.00001, 2.0).at(0.0), "1.00001");
        assert_eq!([0.0, 0.34, 0.999].map(|share| Range::Int(1, 3).at(share)), ["1", "2", "3"]);
    }
}
