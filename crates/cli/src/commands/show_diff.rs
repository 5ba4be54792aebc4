use crate::{exit::Exit, failure::Failure, grid, output, project, time};
use indexmap::{IndexMap, IndexSet};
use proto::{RunRecord, StageRecord, StageResult};
use serde_json::{Value, json};
use store::Store;

/// What is known of a run, by name.
type Facts = IndexMap<String, Value>;

/// Shows in what two runs differ: how they ended, what was set, what they read, what they reached, how long it took, and with
/// what they were made.
pub fn show_diff(first: &str, second: &str, json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let (first, second) = (project::run_record(&store, first)?, project::run_record(&store, second)?);
    let mut differences: Vec<(&str, String, Value, Value)> = Vec::new();
    for ((section, old), (_, new)) in facts(&store, &first).into_iter().zip(facts(&store, &second)) {
        let names: IndexSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let value = |facts: &Facts| facts.get(name).cloned().unwrap_or_default();
            if value(&old) != value(&new) {
                differences.push((section, name.clone(), value(&old), value(&new)));
            }
        }
    }
    if json {
        let difference = |(section, name, a, b): &(&str, String, Value, Value)| json!({ "section": section, "name": name, "a": a, "b": b });
        let listed: Vec<Value> = differences.iter().map(difference).collect();
        output::line(&json!({ "a": first.id, "b": second.id, "differences": listed }).to_string())?;
        return Ok(Exit::Done);
    }
    let heading = ["", "", first.id.as_str(), second.id.as_str()].map(str::to_owned).to_vec();
    let row = |(section, name, a, b): &(&str, String, Value, Value)| {
        vec![(*section).to_owned(), name.clone(), text(section, a), text(section, b)]
    };
    output::write(&grid::align(
        &std::iter::once(heading).chain(differences.iter().map(row)).collect::<Vec<_>>(),
    ))?;
    if differences.is_empty() {
        output::say("no differences");
    }
    Ok(Exit::Done)
}

/// What two runs are compared by, section by section.
fn facts(store: &Store, run: &RunRecord) -> Vec<(&'static str, Facts)> {
    let of_params =
        run.params.iter().flat_map(|(name, value)| results::flatten(&format!("params.{name}"), value));
    let mut settings: Facts = of_params.collect();
    let mut ends = Facts::from_iter([("status".to_owned(), json!(run.status))]);
    let (mut inputs, mut metrics, mut times, mut versions) =
        (Facts::new(), Facts::new(), Facts::new(), about(run));
    for stage in &run.stages {
        let name = &stage.name;
        ends.insert(format!("{name}.outcome"), outcome(stage));
        ends.extend(stage.error.as_ref().map(|error| (format!("{name}.error"), json!(error))));
        for (param, value) in &stage.params {
            settings.extend(results::flatten(&format!("{name}.{param}"), value));
        }
        let action = stage.key.as_ref().and_then(|key| store.action(&key.parse().ok()?));
        if let Some(Value::Object(read)) =
            action.and_then(|action| action.key_document.get("inputs").cloned())
        {
            inputs.extend(read.into_iter().map(|(input, digest)| (format!("{name}.{input}"), digest)));
        }
        metrics.extend(stage.metrics.iter().flat_map(|metrics| results::flatten(name, metrics)));
        times.insert(name.clone(), json!(stage.executed_seconds));
        versions
            .extend(stage.provenance.iter().map(|(fact, value)| (format!("{name}.{fact}"), json!(value))));
    }
    vec![
        ("end", ends),
        ("set", settings),
        ("input", inputs),
        ("metric", metrics),
        ("time", times),
        ("with", versions),
    ]
}

/// Where a result is from makes no difference: it is there.
fn outcome(stage: &StageRecord) -> Value {
    match stage.outcome {
        StageResult::Executed | StageResult::Restored | StageResult::Fresh => json!("succeeded"),
        ended => json!(ended),
    }
}

fn about(run: &RunRecord) -> Facts {
    let proto::Provenance { user, host, version, git_revision, git_dirty, cpus, .. } = &run.provenance;
    let facts = [
        ("pipeline", json!(run.pipeline)),
        ("user", json!(user)),
        ("host", json!(host)),
        ("cpus", json!(cpus)),
        ("version", json!(version)),
        ("revision", json!(git_revision)),
        ("uncommitted changes", json!(git_dirty)),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Digests are shown by their first digits, times as times.
fn text(section: &str, value: &Value) -> String {
    const DIGITS: usize = 12;
    match (section, value) {
        (_, Value::Null) => "–".to_owned(),
        ("input", Value::String(digest)) => digest.chars().take(DIGITS).collect(),
        ("time", value) => value.as_f64().map_or_else(String::new, time::seconds),
        // Of an error of several lines, such as the end of a log, the first says what it was.
        ("end", Value::String(text)) => text.lines().next().unwrap_or_default().to_owned(),
        _ => results::text_of(value),
    }
}
