use crate::{
    compare::CompareOptions,
    differing::differing,
    error::CompareError,
    experiment::{Experiment, FACTS, Lookup},
    meaning::SET,
    names::Names,
    table::{Column, ColumnRole},
};
use spec::MetricSpec;

/// The columns to show: those asked for, or else the experiment's name, what differs, and the metrics.
pub(crate) fn columns(
    experiments: &[Experiment],
    shown: &[MetricSpec],
    with_runs: bool,
    options: &CompareOptions,
    names: &Names,
) -> Result<Vec<Column>, CompareError> {
    let mut columns = match options.columns.is_empty() {
        true => usual(experiments, shown, with_runs),
        false => vec![column("experiment", ColumnRole::Experiment)],
    };
    for name in options.columns.iter().filter(|name| *name != "experiment") {
        let column = asked_for(name, experiments, names)?;
        if !columns.iter().any(|known| known.name == column.name && known.role == column.role) {
            columns.push(column);
        }
    }
    for name in &options.drop {
        let ends = format!(".{name}");
        let is_meant = |c: &Column| c.label == *name || c.name == *name || c.name.ends_with(&ends);
        let before = columns.len();
        columns.retain(|c| c.role == ColumnRole::Experiment || !is_meant(c));
        if columns.len() == before {
            names.resolve(name)?;
        }
    }
    tell_settings_from_metrics(&mut columns, experiments, shown);
    shorten_labels(&mut columns);
    Ok(columns)
}

/// The columns that a table has unless others are asked for, with their headings.
pub(crate) fn usual(experiments: &[Experiment], shown: &[MetricSpec], with_runs: bool) -> Vec<Column> {
    let mut columns = vec![column("experiment", ColumnRole::Experiment)];
    if with_runs {
        columns.push(column("run", ColumnRole::Fact));
    }
    columns.extend(differing(experiments).into_iter().filter_map(|sources| {
        let name = sources.first()?.clone();
        Some(Column { label: name.clone(), name, sources, role: ColumnRole::Setting })
    }));
    let is_measured = |metric: &&MetricSpec| experiments.iter().any(|e| e.metrics.contains_key(&metric.name));
    columns.extend(shown.iter().filter(is_measured).map(metric_column));
    tell_settings_from_metrics(&mut columns, experiments, shown);
    shorten_labels(&mut columns);
    columns
}

fn asked_for(name: &str, experiments: &[Experiment], names: &Names) -> Result<Column, CompareError> {
    let meaning = names.resolve(name)?;
    for experiment in experiments {
        if let Lookup::Ambiguous(candidates) = meaning.find(experiment) {
            return Err(CompareError::AmbiguousColumn { name: name.to_owned(), candidates });
        }
    }
    let full_name = names.in_full(&meaning).unwrap_or_else(|| name.to_owned());
    if let Some(metric) = meaning.metric {
        return Ok(Column { name: full_name, ..metric_column(&metric) });
    }
    let role = if FACTS.contains(&name) { ColumnRole::Fact } else { ColumnRole::Setting };
    Ok(Column { label: full_name.clone(), name: full_name, sources: meaning.sources, role })
}

fn column(name: &str, role: ColumnRole) -> Column {
    Column { name: name.to_owned(), label: name.to_owned(), sources: vec![name.to_owned()], role }
}

fn metric_column(metric: &MetricSpec) -> Column {
    let role = ColumnRole::Metric { goal: metric.goal, percent: metric.percent };
    let label = metric.label.clone().unwrap_or_else(|| metric.name.clone());
    Column { label, role, ..column(&metric.name, role) }
}

/// Of a setting and a metric of the same full name, such as the epochs of a training that may stop early, the name is
/// the metric's.
fn tell_settings_from_metrics(columns: &mut [Column], experiments: &[Experiment], shown: &[MetricSpec]) {
    let is_measured = |name: &str| experiments.iter().any(|e| e.metrics.contains_key(name));
    for column in columns.iter_mut().filter(|column| column.role == ColumnRole::Setting) {
        if shown.iter().any(|metric| metric.name == column.name) && is_measured(&column.name) {
            column.name += SET;
            column.label = column.name.clone();
        }
    }
}

/// `train.lr` becomes `lr` unless another column would then have the same heading. A label that the author chose
/// stays, unless it is that of another column too.
fn shorten_labels(columns: &mut [Column]) {
    let ends = |name: &str, parts: usize| -> String {
        let pieces: Vec<&str> = name.split('.').collect();
        pieces[pieces.len().saturating_sub(parts)..].join(".")
    };
    let is_chosen = |column: &&Column| {
        let is_end = column.name == column.label || column.name.ends_with(&format!(".{}", column.label));
        !is_end && columns.iter().filter(|other| other.label == column.label).count() == 1
    };
    let chosen: Vec<Option<String>> =
        columns.iter().map(|column| Some(column).filter(is_chosen).map(|c| c.label.clone())).collect();
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let label_of = |at: usize, parts: usize| chosen[at].clone().unwrap_or_else(|| ends(&names[at], parts));
    for (at, column) in columns.iter_mut().enumerate() {
        let most = names[at].split('.').count();
        let is_own = |parts: &usize| {
            let short = label_of(at, *parts);
            (0..names.len()).all(|other| other == at || label_of(other, *parts) != short)
        };
        let own = (1..=most).find(is_own).map(|parts| label_of(at, parts));
        column.label = own.unwrap_or_else(|| names[at].clone());
    }
}
