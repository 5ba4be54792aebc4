use crate::experiment::Experiment;
use indexmap::IndexMap;
use spec::MetricSpec;
use std::collections::{BTreeSet, HashMap};

/// Of the runs of one pipeline with the same `--set` only what the newest did, so that an edited file's new run takes
/// the place of its old one. Runs that measured nothing take no place of those that did, and a run of only some stages
/// takes none of a whole one with its settings. Experiments of the runs in `named` always stay. `experiments` come
/// oldest first.
pub(crate) fn newest_of_each_file(
    experiments: Vec<Experiment>,
    shown: &[MetricSpec],
    named: &BTreeSet<&str>,
) -> Vec<Experiment> {
    let is_named = |experiment: &Experiment| experiment.runs.iter().any(|run| named.contains(run.as_str()));
    let group = |experiment: &Experiment| (experiment.pipeline.clone(), experiment.overrides.clone());
    let mut newest: HashMap<(String, String), (bool, &str)> = HashMap::new();
    for experiment in experiments.iter().filter(|experiment| !is_named(experiment)) {
        let has_measured = shown.iter().any(|metric| experiment.metrics.contains_key(&metric.name));
        let known = newest.entry(group(experiment)).or_default();
        if has_measured >= known.0 {
            *known = (has_measured, &experiment.runs[0]);
        }
    }
    let is_of_newest = |experiment: &Experiment| {
        newest.get(&group(experiment)).is_some_and(|(_, run)| *run == experiment.runs[0])
    };
    let mut parts: HashMap<(String, String), Vec<&Experiment>> = HashMap::new();
    for experiment in experiments.iter().filter(|experiment| is_of_newest(experiment)) {
        parts.entry(group(experiment)).or_default().push(experiment);
    }
    let is_whole_of_newest = |experiment: &Experiment| {
        let mut parts = parts.get(&group(experiment)).into_iter().flatten();
        parts.any(|part| is_of_fewer_stages(part, experiment) && has_settings_of(part, experiment))
    };
    let stays = |experiment: &&Experiment| {
        is_named(experiment) || is_of_newest(experiment) || is_whole_of_newest(experiment)
    };
    experiments.iter().filter(stays).cloned().collect()
}

/// Of experiments with equal settings the newest that measured most of what is shown. What a run of only some
/// stages did is no experiment of its own where it measured nothing and others did, or where another one has the
/// same settings and measured more. Experiments of the runs in `named` always stay. `experiments` come oldest
/// first.
pub(crate) fn newest_of_each(
    experiments: Vec<Experiment>,
    shown: &[MetricSpec],
    named: &BTreeSet<&str>,
) -> Vec<Experiment> {
    let measured = |experiment: &Experiment| {
        shown.iter().filter(|metric| experiment.metrics.contains_key(&metric.name)).count()
    };
    let mut newest: IndexMap<String, (usize, Experiment)> = IndexMap::new();
    let mut asked_for = Vec::new();
    for experiment in experiments {
        if experiment.runs.iter().any(|run| named.contains(run.as_str())) {
            asked_for.push(experiment);
            continue;
        }
        let count = measured(&experiment);
        match newest.entry(experiment.identity()) {
            indexmap::map::Entry::Vacant(free) => drop(free.insert((count, experiment))),
            indexmap::map::Entry::Occupied(mut known) => {
                let as_filed = known.get().1.as_filed.clone().max(experiment.as_filed.clone());
                if count >= known.get().0 {
                    known.insert((count, experiment));
                }
                known.get_mut().1.as_filed = as_filed;
            }
        }
    }
    let newest: Vec<(usize, Experiment)> = newest.into_values().collect();
    let is_whole = |(count, part): &(usize, Experiment)| {
        let is_more = |(more, whole): &(usize, Experiment)| {
            count < more && is_of_fewer_stages(part, whole) && (*count == 0 || has_settings_of(part, whole))
        };
        !newest.iter().any(is_more)
    };
    let mut kept: Vec<Experiment> =
        newest.iter().filter(|candidate| is_whole(candidate)).map(|(_, kept)| kept.clone()).collect();
    kept.extend(asked_for);
    kept
}

fn is_of_fewer_stages(part: &Experiment, whole: &Experiment) -> bool {
    part.pipeline == whole.pipeline && part.stages.len() < whole.stages.len()
}

/// Whether all that is set in `part` is set the same in `whole`.
fn has_settings_of(part: &Experiment, whole: &Experiment) -> bool {
    part.settings.iter().all(|(name, value)| whole.settings.get(name) == Some(value))
}
