use crate::origin::Origin;
use indexmap::IndexMap;
use proto::RunStatus;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What was set and what was reached: one run, one matrix cell of a run, or several of them folded.
#[derive(Debug, Clone)]
pub(crate) struct Experiment {
    pub pipeline: String,
    /// Ids of the runs behind it, oldest first; one unless folded.
    pub runs: Vec<String>,
    /// The runs, or cells of their matrices, behind it.
    pub origins: Vec<Origin>,
    /// When the newest of them began, RFC 3339.
    pub started: String,
    pub status: RunStatus,
    /// What `--set` changed.
    pub overrides: BTreeMap<String, Value>,
    /// The stages it has, by base name.
    pub stages: BTreeSet<String>,
    /// `stage.param` in the order of the stages, then `params.NAME`.
    pub settings: IndexMap<String, Value>,
    /// `stage.key`.
    pub metrics: BTreeMap<String, Measurement>,
}

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

impl Measurement {
    /// One value, as measured.
    pub fn single(value: f64) -> Self {
        Self { mean: value, deviation: None, count: 1 }
    }

    /// Mean and standard deviation of `values`; `None` without any.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        Some(Self { mean, deviation, count })
    }

    /// Whether the difference to `other` is no larger than one standard deviation of such a difference,
    /// √(s₁² + s₂²); false where neither has a spread.
    pub fn is_within_spread_of(&self, other: &Self) -> bool {
        let variance = |measurement: &Self| measurement.deviation.map(|deviation| deviation.powi(2));
        match (variance(self), variance(other)) {
            (None, None) => false,
            (a, b) => (self.mean - other.mean).abs() <= (a.unwrap_or(0.0) + b.unwrap_or(0.0)).sqrt(),
        }
    }
}

/// Names of what is known of every run besides its settings and metrics.
pub(crate) const FACTS: [&str; 4] = ["pipeline", "run", "started", "status"];

/// What a name means for one experiment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lookup {
    Missing,
    Setting(Value),
    Metric(Measurement),
    /// Several stages have a setting of that name, with different values.
    Ambiguous(Vec<String>),
}

impl Experiment {
    /// What `name` is here: `experiment`, `run`, `started`, `status`, a setting or metric by its full name,
    /// or by the end of it (`lr` for `train.lr`), or a parameter of the pipeline.
    pub fn lookup(&self, name: &str) -> Lookup {
        if let Some(value) = self.fact(name).or_else(|| self.settings.get(name).cloned()) {
            return Lookup::Setting(value);
        }
        if let Some(metric) = self.metrics.get(name) {
            return Lookup::Metric(*metric);
        }
        let suffix = format!(".{name}");
        if let Some(value) = self.settings.get(&format!("params{suffix}")) {
            return Lookup::Setting(value.clone());
        }
        let ends = |key: &&String| key.ends_with(&suffix);
        let settings: Vec<&String> = self.settings.keys().filter(ends).collect();
        let metrics: Vec<&String> = self.metrics.keys().filter(ends).collect();
        match (settings.as_slice(), metrics.as_slice()) {
            ([], []) => Lookup::Missing,
            ([], [metric]) => Lookup::Metric(self.metrics[*metric]),
            ([first, rest @ ..], [])
                if rest.iter().all(|key| self.settings[*key] == self.settings[*first]) =>
            {
                Lookup::Setting(self.settings[*first].clone())
            }
            _ => Lookup::Ambiguous(settings.into_iter().chain(metrics).cloned().collect()),
        }
    }

    fn fact(&self, name: &str) -> Option<Value> {
        match name {
            "experiment" | "pipeline" => Some(Value::from(self.pipeline.clone())),
            "run" => Some(Value::from(self.runs.join(" "))),
            "started" => Some(Value::from(self.started.clone())),
            "status" => serde_json::to_value(self.status).ok(),
            _ => None,
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
    fn spread_is_that_of_a_difference() {
        let wide = Measurement { mean: 1.0, deviation: Some(0.3), count: 3 };
        let near = Measurement { mean: 1.5, deviation: Some(0.4), count: 3 };
        let far = Measurement { mean: 1.51, deviation: Some(0.4), count: 3 };
        assert!(wide.is_within_spread_of(&near));
        assert!(!wide.is_within_spread_of(&far));
        assert!(!Measurement::single(1.0).is_within_spread_of(&Measurement::single(1.0)));
    }
}
