use crate::{paths, resolve::Resolved, tree::Place};
use std::path::Path;

/// The file of a stage that becomes its output `metrics`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MetricsFile {
    /// An output, by its number.
    Output(usize),
    /// A file in an output that is a folder.
    Inside(String),
}

/// A file that `dvc.yaml` calls metrics.
#[derive(Debug)]
pub(crate) struct Declared {
    pub path: String,
    pub place: Place,
}

/// What the metrics of a stage become, and which of its metrics files are outputs like any other.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub file: Option<MetricsFile>,
    pub others: Vec<(String, Place, Why)>,
}

/// Why a metrics file is an output like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    NotJson,
    NotNumbers,
    Second,
}

/// Chooses among the metrics of a stage and those that the top of the file names: the first JSON file, unless what
/// lies there in the project shows that it holds more than numbers.
pub(crate) fn choose(resolved: &Resolved, top_level: &[Declared], root: &Path) -> Chosen {
    let mut chosen = Chosen::default();
    let own = resolved.outs.iter().enumerate().filter_map(|(number, out)| {
        let is_metrics = out.is_metrics || top_level.iter().any(|declared| declared.path == out.path);
        is_metrics.then(|| (MetricsFile::Output(number), out.path.clone(), out.place.clone()))
    });
    let inner = top_level.iter().filter_map(|declared| {
        let is_inside =
            |folder: &str| paths::inside(&declared.path, folder).is_some_and(|rest| !rest.is_empty());
        let is_ours = resolved.outs.iter().any(|out| is_inside(&out.path));
        is_ours.then(|| {
            (MetricsFile::Inside(declared.path.clone()), declared.path.clone(), declared.place.clone())
        })
    });
    for (file, path, place) in own.chain(inner) {
        let why = if !path.ends_with(".json") {
            Why::NotJson
        } else if keys(&root.join(&path)).is_some_and(|keys| keys.is_none()) {
            Why::NotNumbers
        } else if chosen.file.is_some() {
            Why::Second
        } else {
            chosen.file = Some(file);
            continue;
        };
        chosen.others.push((path, place, why));
    }
    chosen
}

/// The dotted keys of a metrics file: `None` if there is none, `Some(None)` if it holds more than numbers.
pub(crate) fn keys(path: &Path) -> Option<Option<Vec<String>>> {
    let bytes = std::fs::read(path).ok()?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    let mut keys = Vec::new();
    let is_numbers = value.is_object() && collect(&value, "", &mut keys);
    Some(is_numbers.then_some(keys))
}

fn collect(value: &serde_json::Value, path: &str, keys: &mut Vec<String>) -> bool {
    match value {
        serde_json::Value::Object(map) => map.iter().all(|(key, value)| {
            collect(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, keys)
        }),
        serde_json::Value::Number(_) => {
            keys.push(path.to_owned());
            true
        }
        _ => false,
    }
}

/// Whether a metric is better when it is lower, as far as its name tells.
pub(crate) fn is_better_low(key: &str) -> bool {
    const LOW: [&str; 12] =
        ["loss", "error", "err", "rmse", "mse", "mae", "mape", "perplexity", "seconds", "time", "wer", "cer"];
    key.to_lowercase().split(|letter: char| !letter.is_ascii_alphabetic()).any(|word| LOW.contains(&word))
}
