use crate::{error::CompareError, metrics};
use indexmap::IndexMap;
use proto::{RunRecord, RunStatus};
use std::collections::BTreeSet;

/// The runs to compare, oldest first. Without selectors: of all pipelines. A selector is a pipeline's name or
/// file, or else a run's id or the beginning of one; names and ids may hold `*` and `?`. Of each experiment
/// (pipeline and overrides) the newest finished run counts unless `all_runs`; a run named by its id always
/// does.
pub(crate) fn select<'a>(
    records: &'a [RunRecord],
    selectors: &[String],
    all_runs: bool,
) -> Result<Vec<&'a RunRecord>, CompareError> {
    for selector in selectors {
        if !records.iter().any(|record| names_pipeline(selector, record) || names_run(selector, record)) {
            return Err(CompareError::UnknownSelector(selector.clone()));
        }
    }
    let (of_pipelines, of_runs): (Vec<&String>, Vec<&String>) =
        selectors.iter().partition(|selector| records.iter().any(|record| names_pipeline(selector, record)));
    let named = |record: &RunRecord| of_runs.iter().any(|selector| names_run(selector, record));
    let covered = |record: &RunRecord| {
        selectors.is_empty() || of_pipelines.iter().any(|selector| names_pipeline(selector, record))
    };
    let mut oldest_first: Vec<&RunRecord> = records.iter().collect();
    oldest_first.sort_by(|a, b| a.id.cmp(&b.id));
    let finished: Vec<&RunRecord> = oldest_first
        .iter()
        .copied()
        .filter(|record| covered(record) && record.status == RunStatus::Succeeded)
        .collect();
    let counted = if all_runs { finished } else { newest_of_each(&finished) };
    let counted: BTreeSet<&str> = counted.into_iter().map(|record| record.id.as_str()).collect();
    Ok(oldest_first
        .into_iter()
        .filter(|record| named(record) || counted.contains(record.id.as_str()))
        .collect())
}

/// The newest run of each experiment; one that measured something goes before one that only did a part.
fn newest_of_each<'a>(finished: &[&'a RunRecord]) -> Vec<&'a RunRecord> {
    let has_metrics = |record: &RunRecord| record.stages.iter().flat_map(metrics::numbers).next().is_some();
    let mut newest: IndexMap<String, &RunRecord> = IndexMap::new();
    for &record in finished {
        let experiment = serde_json::json!([record.pipeline, record.overrides]).to_string();
        let known = newest.get(&experiment);
        if known.is_none_or(|known| has_metrics(record) || !has_metrics(known)) {
            newest.insert(experiment, record);
        }
    }
    newest.into_values().collect()
}

/// Whether `selector` is the name of the run's pipeline, a pattern of it with `*` and `?`, or its file.
pub fn names_pipeline(selector: &str, record: &RunRecord) -> bool {
    matches_glob(selector, &record.pipeline) || selector.trim_start_matches("./") == record.file
}

/// Whether `selector` is the run's id, the beginning of it, or a pattern of it with `*` and `?`.
pub fn names_run(selector: &str, record: &RunRecord) -> bool {
    let is_pattern = selector.contains(['*', '?']);
    !selector.is_empty()
        && (record.id.starts_with(selector) || is_pattern && matches_glob(selector, &record.id))
}

/// `*` stands for any text, `?` for one character.
fn matches_glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for &symbol in &pattern {
        let before = reached.clone();
        for at in 0..=text.len() {
            reached[at] = match symbol {
                '*' => before[..=at].contains(&true),
                '?' => at > 0 && before[at - 1],
                symbol => at > 0 && before[at - 1] && text[at - 1] == symbol,
            };
        }
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("digits", "digits", true),
            ("digits", "digits2", false),
            ("cifar10_*", "cifar10_exp1", true),
            ("*", "", true),
            ("*exp?", "cifar10_exp12", false),
            ("*exp?", "cifar10_exp1", true),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(matches_glob(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
