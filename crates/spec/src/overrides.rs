use crate::{
    diagnostics::Diagnostics,
    file::PipelineFile,
    node::{Entry, Node, Reader, Table, Tree},
    source::Span,
};
use serde_json::Value;
use std::collections::BTreeMap;
use toml::de::DeValue;

/// Puts the values of `--set NAME=VALUE` into the file's tables. Returns the typed values by name.
pub(crate) fn apply(
    file: &mut PipelineFile,
    overrides: &[(String, String)],
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Value> {
    let mut applied = BTreeMap::new();
    for (name, text) in overrides {
        let source = diagnostics.sources.add("--set", format!("{name}={text}"));
        let name_span = Span { source, start: 0, end: name.len() };
        let value = value(text, source, name.len() + 1, diagnostics);
        let name = name.strip_prefix("params.").unwrap_or(name);
        let path: Vec<&str> = name.split('.').collect();
        applied.insert(name.to_owned(), value.to_json());
        let target = match path.as_slice() {
            ["stages", stage, field @ ..] if !field.is_empty() => {
                find_stage(&mut file.stages, stage, name_span, diagnostics).map(|table| (table, field))
            }
            ["stages", ..] => {
                let message = format!("`{name}` is no field of a stage");
                diagnostics.error(name_span, message).hint("write `--set stages.STAGE.FIELD=VALUE`");
                None
            }
            [param, ..] if knows_param(&file.params, param, name_span, diagnostics) => {
                Some((&mut file.params, path.as_slice()))
            }
            _ => None,
        };
        if let Some((table, path)) = target {
            set(table, path, name_span, value, diagnostics);
        }
    }
    applied
}

fn value(text: &str, source: usize, offset: usize, diagnostics: &mut Diagnostics) -> Node {
    let span = Span { source, start: offset, end: offset + text.len() };
    match DeValue::parse(text) {
        Ok(value) => Reader { source, offset, diagnostics }.node(value),
        Err(_) => Node { value: Tree::String(text.to_owned()), span },
    }
}

fn find_stage<'t>(
    stages: &'t mut Table,
    name: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<&'t mut Table> {
    let known = stages.entries.iter().position(|entry| entry.key == name);
    let Some(position) = known else {
        let known = stages.entries.iter().map(|entry| entry.key.as_str());
        diagnostics.unknown_name(span, format!("unknown stage `{name}`"), name, known);
        return None;
    };
    match &mut stages.entries[position].node.value {
        Tree::Table(table) => Some(table),
        _ => None,
    }
}

fn knows_param(params: &Table, name: &str, span: Span, diagnostics: &mut Diagnostics) -> bool {
    let is_known = params.entry(name).is_some();
    if !is_known {
        let known = params.entries.iter().map(|entry| entry.key.as_str());
        let diagnostic = diagnostics.unknown_name(span, format!("unknown parameter `{name}`"), name, known);
        if params.entries.is_empty() {
            diagnostic.hint(
                "the file has no `[params]`; a field of a stage is set by `--set stages.STAGE.FIELD=VALUE`",
            );
        }
    }
    is_known
}

/// Replaces the value under a path of keys; tables on the way are made where there are none.
fn set(table: &mut Table, path: &[&str], span: Span, value: Node, diagnostics: &mut Diagnostics) {
    let Some((key, rest)) = path.split_first() else { return };
    let position = table.entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        // The new table stands for all of the `--set`, since it holds the value that stands behind the name.
        let whole = Span { end: value.span.end, ..span };
        let node = Node { value: Tree::Table(Table::default()), span: whole };
        table.entries.push(Entry { key: (*key).to_owned(), key_span: span, node });
        table.entries.len() - 1
    });
    let entry = &mut table.entries[position];
    if rest.is_empty() {
        entry.node = value;
    } else if let Tree::Table(table) = &mut entry.node.value {
        set(table, rest, span, value, diagnostics);
    } else {
        diagnostics.error(span, format!("`{key}` is {}, not a table", entry.node.describe()));
    }
}
