use crate::{
    error::CompareError,
    experiment::{Experiment, Lookup},
    names::Names,
    order::compare_values,
    table::{Column, ColumnRole},
};
use spec::Goal;
use std::cmp::Ordering;

/// By pipeline, then by the settings that are shown, then by age: the same order every time.
pub(crate) fn by_columns(experiments: &mut [Experiment], columns: &[Column]) {
    let settings: Vec<&Column> = columns.iter().filter(|column| column.role == ColumnRole::Setting).collect();
    experiments.sort_by(|a, b| {
        let by_settings = settings.iter().map(|column| in_order(&column.find(a), &column.find(b), Goal::Min));
        let by_settings = by_settings.fold(Ordering::Equal, Ordering::then);
        a.pipeline.cmp(&b.pipeline).then(by_settings).then_with(|| a.runs.cmp(&b.runs))
    });
}

/// By one column, settings upwards and metrics best first, or the other way round with `-` before its name.
/// Rows without it come last either way.
pub(crate) fn by_name(experiments: &mut [Experiment], name: &str, names: &Names) -> Result<(), CompareError> {
    let (name, reversed) = name.strip_prefix('-').map_or((name, false), |name| (name, true));
    let meaning = names.resolve(name)?;
    for experiment in experiments.iter() {
        if let Lookup::Ambiguous(candidates) = meaning.find(experiment) {
            return Err(CompareError::AmbiguousColumn { name: name.to_owned(), candidates });
        }
    }
    experiments.sort_by(|a, b| {
        let (a, b) = (meaning.find(a), meaning.find(b));
        let order = in_order(&a, &b, meaning.goal());
        let is_one_missing = a == Lookup::Missing || b == Lookup::Missing;
        if reversed && !is_one_missing { order.reverse() } else { order }
    });
    Ok(())
}

fn in_order(a: &Lookup, b: &Lookup, goal: Goal) -> Ordering {
    match (a, b) {
        (Lookup::Setting(a), Lookup::Setting(b)) => compare_values(a, b),
        (Lookup::Metric(a), Lookup::Metric(b)) if goal == Goal::Max => b.mean.total_cmp(&a.mean),
        (Lookup::Metric(a), Lookup::Metric(b)) => a.mean.total_cmp(&b.mean),
        (a, b) => (*a == Lookup::Missing).cmp(&(*b == Lookup::Missing)),
    }
}
