use crate::{
    declared::Stages,
    diagnostics::Diagnostics,
    node::{Entry, Node, Table, Tree},
    pipeline::{Goal, MetricSpec, Reference},
    source::Span,
};
use std::collections::BTreeMap;

/// The `[metrics]` of a file.
pub(crate) fn metrics(table: &Table, stages: &Stages<'_>, diagnostics: &mut Diagnostics) -> Vec<MetricSpec> {
    let mut metrics = Vec::new();
    for (name, entry) in leaves(table, &is_metric) {
        check_name(&name, entry.key_span, stages, diagnostics);
        let Some(fields) = entry.node.as_table() else {
            let message = format!("metric `{name}`: expected a table, found {}", entry.node.describe());
            diagnostics
                .error(entry.node.span, message)
                .hint("as in `{ goal = \"max\", label = \"rank-1\" }`");
            continue;
        };
        metrics.extend(metric(name, fields, diagnostics));
    }
    metrics
}

fn metric(name: String, fields: &Table, diagnostics: &mut Diagnostics) -> Option<MetricSpec> {
    let mut metric = MetricSpec { name, goal: Goal::default(), label: None, percent: false };
    let before = diagnostics.count();
    for entry in &fields.entries {
        match (entry.key.as_str(), &entry.node.value) {
            ("goal", Tree::String(goal)) if goal == "max" => metric.goal = Goal::Max,
            ("goal", Tree::String(goal)) if goal == "min" => metric.goal = Goal::Min,
            ("goal", _) => wrong(entry, "\"max\" or \"min\"", diagnostics),
            ("label", Tree::String(label)) => metric.label = Some(label.clone()),
            ("label", _) => wrong(entry, "a string", diagnostics),
            ("percent", Tree::Boolean(percent)) => metric.percent = *percent,
            ("percent", _) => wrong(entry, "true or false", diagnostics),
            (name, _) => {
                unknown(entry.key_span, name, &["goal", "label", "percent"], "a metric", diagnostics)
            }
        }
    }
    (diagnostics.count() == before).then_some(metric)
}

/// The `[[references]]` of a file.
pub(crate) fn references(
    node: Option<&Node>,
    stages: &Stages<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Reference> {
    let Some(node) = node else { return Vec::new() };
    let Tree::List(items) = &node.value else {
        let message = format!("`references`: expected a list of tables, found {}", node.describe());
        diagnostics.error(node.span, message).hint("write each as `[[references]]`");
        return Vec::new();
    };
    items.iter().filter_map(|item| reference(item, stages, diagnostics)).collect()
}

fn reference(item: &Node, stages: &Stages<'_>, diagnostics: &mut Diagnostics) -> Option<Reference> {
    let Some(fields) = item.as_table() else {
        diagnostics.error(item.span, format!("`references`: expected a table, found {}", item.describe()));
        return None;
    };
    let mut name = None;
    let mut metrics = BTreeMap::new();
    for entry in &fields.entries {
        match (entry.key.as_str(), &entry.node.value) {
            ("name", Tree::String(text)) => name = Some(text.clone()),
            ("name", _) => wrong(entry, "a string", diagnostics),
            ("metrics", Tree::Table(table)) => metrics = values(table, stages, diagnostics),
            ("metrics", _) => wrong(entry, "a table of numbers", diagnostics),
            (name, _) => unknown(entry.key_span, name, &["name", "metrics"], "a reference", diagnostics),
        }
    }
    if fields.entry("name").is_none() {
        diagnostics.error(item.span, "a reference needs a `name`");
    }
    Some(Reference { name: name?, metrics })
}

fn values(table: &Table, stages: &Stages<'_>, diagnostics: &mut Diagnostics) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    for (name, entry) in leaves(table, &|node| node.as_table().is_none()) {
        check_name(&name, entry.key_span, stages, diagnostics);
        match entry.node.value {
            Tree::Float(value) => drop(values.insert(name, value)),
            Tree::Integer(value) => drop(values.insert(name, value as f64)),
            _ => wrong(entry, "a number", diagnostics),
        }
    }
    values
}

/// The entries under dotted names: `"rank.rank1" = …` and `rank.rank1 = …` mean the same.
fn leaves<'t>(table: &'t Table, is_leaf: &dyn Fn(&Node) -> bool) -> Vec<(String, &'t Entry)> {
    let mut found = Vec::new();
    for entry in &table.entries {
        match entry.node.as_table() {
            Some(inner) if !is_leaf(&entry.node) => {
                let inner = leaves(inner, is_leaf).into_iter();
                found.extend(inner.map(|(name, leaf)| (format!("{}.{name}", entry.key), leaf)));
            }
            _ => found.push((entry.key.clone(), entry)),
        }
    }
    found
}

/// Whether a table under `[metrics]` describes a metric, rather than being part of a dotted name.
fn is_metric(node: &Node) -> bool {
    let Some(table) = node.as_table() else { return true };
    table.entries.is_empty() || table.entries.iter().any(|entry| entry.node.as_table().is_none())
}

fn check_name(name: &str, span: Span, stages: &Stages<'_>, diagnostics: &mut Diagnostics) {
    let Some((stage, _)) = name.split_once('.') else {
        diagnostics
            .error(span, format!("`{name}` is not the name of a metric"))
            .hint("a metric is `STAGE.KEY`, where KEY is a number in the stage's output `metrics`");
        return;
    };
    let Some(declared) = stages.get(stage) else {
        stages.report_unknown(stage, span, diagnostics);
        return;
    };
    if declared.outputs().is_some_and(|outputs| !outputs.contains(&"metrics")) {
        diagnostics.error(
            span,
            format!("stage `{stage}` has no output `metrics`, so that it has no metrics to show"),
        );
    }
}

fn wrong(entry: &Entry, expected: &str, diagnostics: &mut Diagnostics) {
    let message = format!("`{}`: expected {expected}, found {}", entry.key, entry.node.describe());
    diagnostics.error(entry.node.span, message);
}

fn unknown(span: Span, name: &str, known: &[&str], of: &str, diagnostics: &mut Diagnostics) {
    let message = format!("unknown field `{name}` of {of}");
    diagnostics.unknown_name(span, message, name, known.iter().copied());
}
