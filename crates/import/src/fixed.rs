use crate::{
    expression,
    report::Report,
    tree::{Node, Place, Value},
};
use std::collections::HashSet;

/// Variables that paths, `foreach` or `matrix` are made of. They are written out everywhere: a reference would
/// change the command and leave the path as it was.
pub(crate) fn variables(stages: &Node, report: &mut Report) -> HashSet<String> {
    let mut found: Vec<(String, Place)> = Vec::new();
    for stage in stages.entries() {
        let body = stage.node.get("do").unwrap_or(&stage.node);
        let fields = body
            .entries()
            .iter()
            .filter(|field| !matches!(field.key.as_str(), "cmd" | "desc" | "meta" | "vars"));
        fields.for_each(|field| collect(&field.node, &mut found));
        stage.node.get("foreach").into_iter().for_each(|data| collect(data, &mut found));
    }
    let mut fixed = HashSet::new();
    for (path, place) in found {
        if matches!(path.split('.').next(), Some("item" | "key")) || !fixed.insert(path.clone()) {
            continue;
        }
        report.note(
            &place,
            format!("`${{{path}}}` decides about paths or stages, so its value is written out"),
            "a new value needs a new import",
        );
    }
    fixed
}

/// Whether a variable is one of the fixed ones, or holds one, or lies in one.
pub(crate) fn contains(fixed: &HashSet<String>, path: &str) -> bool {
    let is_in = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    fixed.iter().any(|fixed| is_in(fixed, path) || is_in(path, fixed))
}

fn collect(node: &Node, found: &mut Vec<(String, Place)>) {
    let mut add = |text: &str, place: &Place| {
        let expressions = expression::find(text).unwrap_or_default().into_iter();
        found.extend(expressions.map(|expression| (expression.path, place.clone())));
    };
    match &node.value {
        Value::Text(text) => add(text, &node.place),
        Value::List(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Map(entries) => {
            for entry in entries {
                if let Value::Text(_) | Value::List(_) | Value::Map(_) = entry.node.value {
                    collect(&entry.node, found);
                }
            }
            for entry in entries {
                let expressions = expression::find(&entry.key).unwrap_or_default().into_iter();
                found.extend(expressions.map(|expression| (expression.path, entry.key_place.clone())));
            }
        }
        _ => {}
    }
}
