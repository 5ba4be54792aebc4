use crate::{
    error::CompareError,
    experiment::{Experiment, FACTS, Lookup},
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

    /// Where to look for what is called `name`: for [`Experiment::lookup_any`]. A full name means itself; a
    /// heading means its column, and where an experiment has nothing there, what ends in `name`. Of no
    /// experiments at all everything may be asked.
    pub fn resolve(&self, name: &str) -> Result<Vec<String>, CompareError> {
        if self.experiments.is_empty() || self.experiments.iter().any(|experiment| experiment.has(name)) {
            return Ok(vec![name.to_owned()]);
        }
        let headed = self.columns.iter().filter(|column| column.label == name);
        let labelled = self.shown.iter().filter(|metric| metric.label.as_deref() == Some(name));
        let mut sources: IndexSet<String> = headed.flat_map(|column| column.sources.clone()).collect();
        sources.extend(labelled.map(|metric| metric.name.clone()));
        let is_known = |experiment: &Experiment| experiment.lookup(name) != Lookup::Missing;
        if self.experiments.iter().any(is_known) {
            sources.insert(name.to_owned());
        }
        match sources.is_empty() {
            true => Err(self.unknown(name)),
            false => Ok(sources.into_iter().collect()),
        }
    }

    /// How to show what is found at `sources`, if that is a metric somewhere.
    pub fn metric(&self, sources: &[String]) -> Option<MetricSpec> {
        let is_metric = |e: &Experiment| matches!(e.lookup_any(sources), Lookup::Metric(_));
        if !self.experiments.iter().any(is_metric) {
            return None;
        }
        let is_meant = |metric: &&MetricSpec| {
            sources.iter().any(|name| metric.name == *name || metric.name.ends_with(&format!(".{name}")))
        };
        let declared = self.shown.iter().find(is_meant).cloned();
        declared.or_else(|| sources.last().map(|name| undeclared(name)))
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
