use crate::{
    meaning::{SET, Sought},
    measurement::Measurement,
    origin::Origin,
};
use indexmap::IndexMap;
use proto::RunStatus;
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
    /// What `--set` gave, as JSON.
    pub overrides: String,
    /// When the newest run began that had these settings without `--set`: the file's own.
    pub as_filed: Option<String>,
    /// The stages it has, by base name.
    pub stages: BTreeSet<String>,
    /// `stage.param` in the order of the stages, then `params.NAME`.
    pub settings: IndexMap<String, Value>,
    /// `stage.key`.
    pub metrics: BTreeMap<String, Measurement>,
    /// By metric which execution measured it: equal where one is the copy of another. Unknown in older records.
    pub measured_by: BTreeMap<String, String>,
}

/// Names of what is known of every run besides its settings and metrics.
pub(crate) const FACTS: [&str; 5] = ["experiment", "pipeline", "run", "started", "status"];

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
    /// What makes two experiments the same: the pipeline and every setting, whether the file or `--set` gave it.
    pub fn identity(&self) -> String {
        let settings: BTreeMap<&String, &Value> = self.settings.iter().collect();
        serde_json::json!([self.pipeline, settings]).to_string()
    }

    /// What `name` is here: `experiment`, `run`, `started`, `status`, a setting or metric by its full name,
    /// or by the end of it (`lr` for `train.lr`), or a parameter of the pipeline.
    fn lookup(&self, name: &str, sought: Sought) -> Lookup {
        let (settings, metrics) = (sought != Sought::Metric, sought != Sought::Setting);
        if settings && let Some(value) = self.fact(name).or_else(|| self.settings.get(name).cloned()) {
            return Lookup::Setting(value);
        }
        if metrics && let Some(metric) = self.metrics.get(name) {
            return Lookup::Metric(*metric);
        }
        let suffix = format!(".{name}");
        if settings && let Some(value) = self.settings.get(&format!("params{suffix}")) {
            return Lookup::Setting(value.clone());
        }
        let ends = |key: &&String| key.ends_with(&suffix);
        let settings: Vec<&String> = self.settings.keys().filter(|_| settings).filter(ends).collect();
        let metrics: Vec<&String> = self.metrics.keys().filter(|_| metrics).filter(ends).collect();
        match (settings.as_slice(), metrics.as_slice()) {
            ([], []) => Lookup::Missing,
            ([], [metric]) => Lookup::Metric(self.metrics[*metric]),
            ([first, rest @ ..], [])
                if rest.iter().all(|key| self.settings[*key] == self.settings[*first]) =>
            {
                Lookup::Setting(self.settings[*first].clone())
            }
            _ => {
                let apart = |name: &String| match metrics.contains(&name) {
                    true => format!("{name}{SET}"),
                    false => name.clone(),
                };
                let settings = settings.iter().map(|name| apart(name));
                Lookup::Ambiguous(settings.chain(metrics.iter().map(|name| (*name).clone())).collect())
            }
        }
    }

    /// What the first of `names` that is known here means.
    pub fn lookup_any(&self, names: &[String], sought: Sought) -> Lookup {
        let found = names.iter().map(|name| self.lookup(name, sought));
        found.into_iter().find(|found| *found != Lookup::Missing).unwrap_or(Lookup::Missing)
    }

    /// Whether `name` is the full name of something known here.
    pub fn has(&self, name: &str) -> bool {
        FACTS.contains(&name) || self.settings.contains_key(name) || self.metrics.contains_key(name)
    }

    /// The full name of the first thing here that ends in `name`: a parameter, another setting, or a metric.
    pub fn full_name(&self, name: &str) -> Option<String> {
        let parameter = format!("params.{name}");
        let ends = |key: &&String| key.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        let mut known = self.settings.keys().chain(self.metrics.keys());
        if self.settings.contains_key(&parameter) { Some(parameter) } else { known.find(ends).cloned() }
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
