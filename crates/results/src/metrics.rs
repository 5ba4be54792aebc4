use crate::flatten::flatten;
use proto::{RunRecord, StageRecord};
use spec::{Goal, Kind, MetricSpec};

/// What an `evaluate` stage is compared by when the pipeline file does not say.
const USUAL: [&str; 4] = ["rank1", "rank5", "accuracy", "loss"];

/// The metrics to show for these records, in order of first appearance: those the file declares, or else
/// the usual ones of its `evaluate` stages, or else every number of every stage.
pub(crate) fn shown(records: &[&RunRecord]) -> Vec<MetricSpec> {
    let mut shown: Vec<MetricSpec> = Vec::new();
    for record in records {
        let specs = if record.metrics.is_empty() { usual(record) } else { record.metrics.clone() };
        for spec in specs {
            if !shown.iter().any(|known| known.name == spec.name) {
                shown.push(spec);
            }
        }
    }
    shown
}

/// The numbers of a stage's `metrics` output by `stage.key`, the stage by its base name.
pub(crate) fn numbers(stage: &StageRecord) -> impl Iterator<Item = (String, f64)> {
    let leaves = stage.metrics.iter().flat_map(|metrics| flatten(base_name(&stage.name), metrics));
    leaves.filter_map(|(name, value)| Some((name, value.as_f64()?)))
}

/// `train` of `train@lr=0.1`.
pub(crate) fn base_name(stage: &str) -> &str {
    stage.split_once('@').map_or(stage, |(base, _)| base)
}

/// A metric as it is shown when nobody declared how: accuracies as percentages, losses downwards.
pub(crate) fn undeclared(name: &str) -> MetricSpec {
    let key = name.rsplit('.').next().unwrap_or(name);
    let lower = ["loss", "error", "entropy", "perplexity", "mse", "mae", "seconds"];
    let goal = if lower.iter().any(|end| key.ends_with(end)) { Goal::Min } else { Goal::Max };
    let percent = key.ends_with("accuracy") || USUAL[..2].contains(&key);
    let label = match key {
        "rank1" => Some("rank-1".to_owned()),
        "rank5" => Some("rank-5".to_owned()),
        _ => None,
    };
    MetricSpec { name: name.to_owned(), goal, label, percent }
}

fn usual(record: &RunRecord) -> Vec<MetricSpec> {
    let is_usual =
        |name: &String| USUAL.iter().any(|usual| name.split_once('.').is_some_and(|n| n.1 == *usual));
    let evaluated: Vec<String> = record
        .stages
        .iter()
        .filter(|stage| stage.kind == Kind::Evaluate.name())
        .flat_map(numbers)
        .map(|(name, _)| name)
        .filter(is_usual)
        .collect();
    let names = match evaluated.is_empty() {
        false => in_usual_order(evaluated),
        true => record.stages.iter().flat_map(numbers).map(|(name, _)| name).collect(),
    };
    names.iter().map(|name| undeclared(name)).collect()
}

fn in_usual_order(mut names: Vec<String>) -> Vec<String> {
    let rank = |name: &String| USUAL.iter().position(|usual| name.ends_with(usual));
    names.sort_by_key(rank);
    names
}
