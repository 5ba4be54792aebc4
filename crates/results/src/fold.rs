use crate::{experiment::Experiment, measurement::Measurement};
use indexmap::IndexMap;
use std::collections::HashSet;

/// Joins the experiments that differ in nothing but the settings called one of `names` (by the end of
/// their name, so that `seed` covers `train.seed` and `params.seed`). Metrics become mean and deviation, in which
/// one measurement counts once, however many runs took its result from the cache.
pub(crate) fn fold(experiments: Vec<Experiment>, names: &[String]) -> Vec<Experiment> {
    let mut groups: IndexMap<String, Vec<Experiment>> = IndexMap::new();
    for mut experiment in experiments {
        let is_named = |key: &str, name: &String| key == name || key.ends_with(&format!(".{name}"));
        let is_folded = |key: &str| names.iter().any(|name| is_named(key, name));
        experiment.settings.retain(|key, _| !is_folded(key));
        groups.entry(experiment.identity()).or_default().push(experiment);
    }
    groups.into_values().filter_map(join).collect()
}

fn join(group: Vec<Experiment>) -> Option<Experiment> {
    let mut values: IndexMap<&String, Vec<f64>> = IndexMap::new();
    let mut counted: HashSet<(&String, &String)> = HashSet::new();
    for experiment in &group {
        for (name, metric) in &experiment.metrics {
            let execution = experiment.measured_by.get(name);
            if execution.is_some_and(|execution| !counted.insert((name, execution))) {
                continue;
            }
            values.entry(name).or_default().push(metric.mean);
        }
    }
    let metrics = values
        .into_iter()
        .filter_map(|(name, values)| Some((name.clone(), Measurement::of(&values)?)))
        .collect();
    let mut runs: Vec<String> = group.iter().flat_map(|experiment| experiment.runs.clone()).collect();
    runs.sort();
    runs.dedup();
    let origins = group.iter().flat_map(|experiment| experiment.origins.clone()).collect();
    let as_filed = group.iter().filter_map(|experiment| experiment.as_filed.clone()).max();
    let newest = group.into_iter().max_by(|a, b| a.started.cmp(&b.started))?;
    Some(Experiment { runs, origins, metrics, as_filed, ..newest })
}
