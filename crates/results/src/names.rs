use crate::{
    error::CompareError,
    experiment::{Experiment, FACTS, Lookup},
    meaning::{Meaning, SET, Sought},
    metrics::undeclared,
    table::Column,
};
use indexmap::IndexSet;
use spec::MetricSpec;

/// What people may call the columns: full names, the ends of them, and headings.
pub(crate) struct Names<'a> {
    experiments: &'a [Experiment],
    shown: &'a [MetricSpec],
    /// The usual ones of these experiments.
    columns: Vec<Column>,
}

impl<'a> Names<'a> {
    /// Names of what is known of `experiments`, whose usual columns are `columns`.
    pub fn new(experiments: &'a [Experiment], shown: &'a [MetricSpec], columns: Vec<Column>) -> Self {
        Self { experiments, shown, columns }
    }

    /// What is meant by `name`. A full name means itself, the metric if one with a column and a setting share it; a
    /// heading means its column, and where an experiment has nothing there, what ends in `name`. Of no experiments
    /// at all everything may be asked.
    pub fn resolve(&self, name: &str) -> Result<Meaning, CompareError> {
        let itself = || vec![name.to_owned()];
        if let Some(setting) = name.strip_suffix(SET)
            && self.experiments.iter().any(|e| e.settings.contains_key(setting))
        {
            return Ok(Meaning { sources: vec![setting.to_owned()], sought: Sought::Setting, metric: None });
        }
        let is_measured = self.experiments.iter().any(|e| e.metrics.contains_key(name));
        if is_measured && let Some(metric) = self.shown.iter().find(|metric| metric.name == name) {
            return Ok(Meaning { sources: itself(), sought: Sought::Metric, metric: Some(metric.clone()) });
        }
        if self.experiments.is_empty() || self.experiments.iter().any(|experiment| experiment.has(name)) {
            return Ok(self.anything(itself()));
        }
        self.headed(name).ok_or_else(|| self.unknown(name))
    }

    /// What a heading, a label or the end of a full name means.
    fn headed(&self, name: &str) -> Option<Meaning> {
        let headed: Vec<&Column> = self.columns.iter().filter(|column| column.label == name).collect();
        let labelled = self.shown.iter().filter(|metric| metric.label.as_deref() == Some(name));
        let mut sources: IndexSet<String> = headed.iter().flat_map(|column| column.sources.clone()).collect();
        let sought = headed.first().map(|column| column.sought());
        if sought != Some(Sought::Setting) {
            sources.extend(labelled.map(|metric| metric.name.clone()));
        }
        let sought = sought.unwrap_or(if sources.is_empty() { Sought::Any } else { Sought::Metric });
        let itself = [name.to_owned()];
        let is_known = |experiment: &Experiment| experiment.lookup_any(&itself, sought) != Lookup::Missing;
        if self.experiments.iter().any(is_known) {
            sources.insert(name.to_owned());
        }
        let sources: Vec<String> = sources.into_iter().collect();
        match sought {
            _ if sources.is_empty() => None,
            Sought::Any => Some(self.anything(sources)),
            Sought::Setting => Some(Meaning { sources, sought, metric: None }),
            Sought::Metric => {
                let metric = self.spec_of(&sources);
                Some(Meaning { sources, sought, metric })
            }
        }
    }

    /// What is a setting or a metric, whatever is found.
    fn anything(&self, sources: Vec<String>) -> Meaning {
        let is_metric = |e: &Experiment| matches!(e.lookup_any(&sources, Sought::Any), Lookup::Metric(_));
        let metric = if self.experiments.iter().any(is_metric) { self.spec_of(&sources) } else { None };
        Meaning { sources, sought: Sought::Any, metric }
    }

    fn spec_of(&self, sources: &[String]) -> Option<MetricSpec> {
        let is_meant = |metric: &&MetricSpec| {
            sources.iter().any(|name| metric.name == *name || metric.name.ends_with(&format!(".{name}")))
        };
        let declared = self.shown.iter().find(is_meant).cloned();
        declared.or_else(|| sources.last().map(|name| undeclared(name)))
    }

    /// The full name of what is meant, so that a column has one name however it was asked for.
    pub fn in_full(&self, meaning: &Meaning) -> Option<String> {
        let is_full = |name: &&String| self.experiments.iter().any(|experiment| experiment.has(name));
        let full = meaning.sources.iter().find(is_full).cloned();
        let of = |e: &Experiment| meaning.sources.iter().find_map(|name| e.full_name(name));
        full.or_else(|| self.experiments.iter().find_map(of))
    }

    /// The error for a column that no experiment has.
    fn unknown(&self, name: &str) -> CompareError {
        let headings: IndexSet<&str> = self.columns.iter().map(|column| column.label.as_str()).collect();
        let in_table: IndexSet<&str> =
            self.columns.iter().flat_map(|column| &column.sources).map(String::as_str).collect();
        let of_experiment = |e: &'a Experiment| e.settings.keys().chain(e.metrics.keys()).map(String::as_str);
        let known: IndexSet<&str> = self.experiments.iter().flat_map(of_experiment).chain(FACTS).collect();
        let last = |name: &&'a str| name.rsplit('.').next().unwrap_or(name);
        let ends = known.iter().map(last);
        let candidates = headings.iter().chain(&known).copied().chain(ends);
        let nearest = spec::nearest(name, candidates.filter(|candidate| !candidate.is_empty()));
        let others = known.iter().filter(|name| !in_table.contains(*name));
        CompareError::UnknownColumn {
            name: name.to_owned(),
            nearest: nearest.map(str::to_owned),
            headings: headings.iter().map(|heading| (*heading).to_owned()).collect(),
            others: others.map(|name| (*name).to_owned()).collect(),
        }
    }
}
