use crate::{
    columns::{is_unknown, unknown},
    error::CompareError,
    experiment::{Experiment, Lookup},
    metrics::undeclared,
    order::compare_values,
    table::{Column, ColumnRole},
};
use spec::Goal;
use std::cmp::Ordering;

/// By pipeline, then by the settings that are shown, then by age: the same order every time.
pub(crate) fn by_columns(experiments: &mut [Experiment], columns: &[Column]) {
    let settings: Vec<&Column> = columns.iter().filter(|column| column.role == ColumnRole::Setting).collect();
    experiments.sort_by(|a, b| {
        let by_settings = settings.iter().map(|column| compare_at(a, b, &column.name, Goal::Min));
        let by_settings = by_settings.fold(Ordering::Equal, Ordering::then);
        a.pipeline.cmp(&b.pipeline).then(by_settings).then_with(|| a.runs.cmp(&b.runs))
    });
}

/// By one column, settings upwards and metrics best first, or the other way round with `-` before its name.
/// Rows without it come last either way.
pub(crate) fn by_name(
    experiments: &mut [Experiment],
    name: &str,
    columns: &[Column],
) -> Result<(), CompareError> {
    let (name, reversed) = name.strip_prefix('-').map_or((name, false), |name| (name, true));
    let labelled = columns.iter().find(|column| column.label == name).map(|column| column.name.clone());
    let name = if is_unknown(name, experiments) { labelled } else { Some(name.to_owned()) }
        .ok_or_else(|| unknown(name, experiments))?;
    for experiment in experiments.iter() {
        if let Lookup::Ambiguous(candidates) = experiment.lookup(&name) {
            return Err(CompareError::AmbiguousColumn { name, candidates });
        }
    }
    let goal = goal_of(&name, columns);
    experiments.sort_by(|a, b| {
        let order = compare_at(a, b, &name, goal);
        let either_missing = [a, b].iter().any(|experiment| experiment.lookup(&name) == Lookup::Missing);
        if reversed && !either_missing { order.reverse() } else { order }
    });
    Ok(())
}

fn goal_of(name: &str, columns: &[Column]) -> Goal {
    let ends = format!(".{name}");
    let goals = columns.iter().filter(|column| column.name == name || column.name.ends_with(&ends));
    let mut declared = goals.filter_map(|column| match column.role {
        ColumnRole::Metric { goal, .. } => Some(goal),
        _ => None,
    });
    declared.next().unwrap_or_else(|| undeclared(name).goal)
}

fn compare_at(a: &Experiment, b: &Experiment, name: &str, goal: Goal) -> Ordering {
    match (a.lookup(name), b.lookup(name)) {
        (Lookup::Setting(a), Lookup::Setting(b)) => compare_values(&a, &b),
        (Lookup::Metric(a), Lookup::Metric(b)) if goal == Goal::Max => b.mean.total_cmp(&a.mean),
        (Lookup::Metric(a), Lookup::Metric(b)) => a.mean.total_cmp(&b.mean),
        (a, b) => (a == Lookup::Missing).cmp(&(b == Lookup::Missing)),
    }
}
