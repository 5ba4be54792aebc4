use crate::error::CompareError;
use proto::{RunRecord, RunStatus};
use std::collections::BTreeSet;

/// The runs to compare.
pub(crate) struct Selection<'a> {
    /// Oldest first: all that finished of the pipelines in question, and those named.
    pub runs: Vec<&'a RunRecord>,
    /// Ids of the runs that a selector names as such: they count however they ended.
    pub named: BTreeSet<&'a str>,
}

/// Without selectors: all pipelines. A selector is a pipeline's name or file, or else a run's id or the
/// beginning of one; names and ids may hold `*` and `?`.
pub(crate) fn select<'a>(
    records: &'a [RunRecord],
    selectors: &[String],
) -> Result<Selection<'a>, CompareError> {
    for selector in selectors {
        if !records.iter().any(|record| names_pipeline(selector, record) || names_run(selector, record)) {
            return Err(CompareError::UnknownSelector(selector.clone()));
        }
    }
    let (of_pipelines, of_runs): (Vec<&String>, Vec<&String>) =
        selectors.iter().partition(|selector| records.iter().any(|record| names_pipeline(selector, record)));
    let is_named = |record: &&RunRecord| of_runs.iter().any(|selector| names_run(selector, record));
    let is_covered = |record: &&RunRecord| {
        selectors.is_empty() || of_pipelines.iter().any(|selector| names_pipeline(selector, record))
    };
    let is_counted =
        |record: &&RunRecord| is_named(record) || is_covered(record) && record.status == RunStatus::Succeeded;
    let mut runs: Vec<&RunRecord> = records.iter().filter(is_counted).collect();
    runs.sort_by(|a, b| a.id.cmp(&b.id));
    let named = records.iter().filter(is_named).map(|record| record.id.as_str()).collect();
    Ok(Selection { runs, named })
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
