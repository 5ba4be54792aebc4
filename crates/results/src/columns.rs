use crate::{
    compare::CompareOptions,
    error::CompareError,
    experiment::{Experiment, FACTS, Lookup},
    metrics::undeclared,
    table::{Column, ColumnRole},
};
use indexmap::IndexSet;
use serde_json::Value;
use spec::MetricSpec;

/// The columns to show: those asked for, or else the experiment's name, what differs, and the metrics.
pub(crate) fn columns(
    experiments: &[Experiment],
    shown: &[MetricSpec],
    options: &CompareOptions,
) -> Result<Vec<Column>, CompareError> {
    let mut columns = vec![column("experiment", ColumnRole::Experiment, None)];
    if options.columns.is_empty() {
        if options.all_runs {
            columns.push(column("run", ColumnRole::Fact, None));
        }
        columns
            .extend(differing(experiments).into_iter().map(|name| column(&name, ColumnRole::Setting, None)));
        let measured =
            |metric: &&MetricSpec| experiments.iter().any(|e| e.metrics.contains_key(&metric.name));
        columns.extend(shown.iter().filter(measured).map(metric_column));
    } else {
        for name in options.columns.iter().filter(|name| *name != "experiment") {
            columns.push(asked_for(name, experiments, shown)?);
        }
    }
    for name in &options.drop {
        let before = columns.len();
        let ends = format!(".{name}");
        columns.retain(|c| c.role == ColumnRole::Experiment || !(c.name == *name || c.name.ends_with(&ends)));
        if columns.len() == before && is_unknown(name, experiments) {
            return Err(unknown(name, experiments));
        }
    }
    shorten_labels(&mut columns);
    Ok(columns)
}

/// The error for a column that no experiment has.
pub(crate) fn unknown(name: &str, experiments: &[Experiment]) -> CompareError {
    let known: IndexSet<&String> = experiments
        .iter()
        .flat_map(|experiment| experiment.settings.keys().chain(experiment.metrics.keys()))
        .collect();
    CompareError::UnknownColumn { name: name.to_owned(), known: known.into_iter().cloned().collect() }
}

/// Whether no experiment has a column of that name.
pub(crate) fn is_unknown(name: &str, experiments: &[Experiment]) -> bool {
    experiments.iter().all(|experiment| experiment.lookup(name) == Lookup::Missing)
}

fn asked_for(name: &str, experiments: &[Experiment], shown: &[MetricSpec]) -> Result<Column, CompareError> {
    let ends = format!(".{name}");
    let is_named = |metric: &&MetricSpec| {
        metric.name == name || metric.name.ends_with(&ends) || metric.label.as_deref() == Some(name)
    };
    if let Some(metric) = shown.iter().find(is_named) {
        return Ok(metric_column(metric));
    }
    let is_metric = |experiment: &Experiment| matches!(experiment.lookup(name), Lookup::Metric(_));
    if experiments.iter().any(is_metric) {
        return Ok(metric_column(&undeclared(name)));
    }
    if is_unknown(name, experiments) {
        return Err(unknown(name, experiments));
    }
    let role = if FACTS.contains(&name) { ColumnRole::Fact } else { ColumnRole::Setting };
    Ok(column(name, role, None))
}

/// The settings that are not the same everywhere, in the order of the stages. A stage that an experiment
/// does not have counts as no difference. Of several settings that always change together and alike, such
/// as a parameter and the field that refers to it, the first is enough.
fn differing(experiments: &[Experiment]) -> Vec<String> {
    let names: IndexSet<&String> =
        experiments.iter().flat_map(|experiment| experiment.settings.keys()).collect();
    let overridden = |param: &str| {
        let prefixed = format!("params.{param}");
        let is_param = |name: &String| *name == param || *name == prefixed;
        experiments.iter().any(|experiment| experiment.overrides.keys().any(is_param))
    };
    let mut kept: Vec<(String, Vec<Option<&Value>>)> = Vec::new();
    for name in names {
        let stage = name.split('.').next().unwrap_or(name);
        if name.strip_prefix("params.").is_some_and(|param| !overridden(param)) {
            continue;
        }
        let applies = |e: &&Experiment| matches!(stage, "params" | "matrix") || e.stages.contains(stage);
        let mut values = experiments.iter().filter(applies).map(|experiment| experiment.settings.get(name));
        let first = values.next();
        if values.all(|value| Some(value) == first) {
            continue;
        }
        let column: Vec<Option<&Value>> = experiments.iter().map(|e| e.settings.get(name)).collect();
        if !kept.iter().any(|(_, known)| *known == column) {
            kept.push((name.clone(), column));
        }
    }
    kept.into_iter().map(|(name, _)| name).collect()
}

fn column(name: &str, role: ColumnRole, label: Option<&str>) -> Column {
    Column { name: name.to_owned(), label: label.unwrap_or(name).to_owned(), role }
}

fn metric_column(metric: &MetricSpec) -> Column {
    let role = ColumnRole::Metric { goal: metric.goal, percent: metric.percent };
    column(&metric.name, role, metric.label.as_deref())
}

/// `train.lr` becomes `lr` unless another column would then have the same heading.
fn shorten_labels(columns: &mut [Column]) {
    let ends = |label: &str, parts: usize| -> String {
        let pieces: Vec<&str> = label.split('.').collect();
        pieces[pieces.len().saturating_sub(parts)..].join(".")
    };
    let full: Vec<String> = columns.iter().map(|column| column.label.clone()).collect();
    for (at, column) in columns.iter_mut().enumerate() {
        let most = full[at].split('.').count();
        let is_own = |parts: &usize| {
            let short = ends(&full[at], *parts);
            full.iter().enumerate().all(|(other, label)| other == at || ends(label, *parts) != short)
        };
        let parts = (1..most).find(is_own).unwrap_or(most);
        column.label = ends(&full[at], parts);
    }
}
