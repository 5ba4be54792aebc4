use crate::{
    mark,
    tree::{Entry, Fault, Node, Place, Source, Value},
    yaml,
};
use std::{path::Path, rc::Rc};
use toml::de::{DeTable, DeValue};

/// How a file of parameters is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Yaml,
    Json,
    Toml,
    /// Python, or what else DVC reads and we do not.
    Other,
}

impl Format {
    /// By the file's extension, as DVC does it: YAML is what has no other.
    pub fn of(path: &str) -> Self {
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            Some("toml") => Self::Toml,
            _ => Self::Other,
        }
    }
}

/// Reads a file of parameters that is called `name`.
pub(crate) fn read(path: &Path, name: &str) -> Result<Node, Fault> {
    let bytes = std::fs::read(path);
    let text = bytes.and_then(|bytes| {
        String::from_utf8(bytes)
            .map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "not UTF-8"))
    });
    let text = match text {
        Ok(text) => text,
        Err(error) => {
            let source = Rc::new(Source { name: name.to_owned(), text: String::new() });
            return Err(Place::start(&source).error(format!("cannot read `{name}`: {error}"), &[]));
        }
    };
    parse(name, text)
}

pub(crate) fn parse(name: &str, text: String) -> Result<Node, Fault> {
    let source = Rc::new(Source { name: name.to_owned(), text });
    match Format::of(name) {
        Format::Json => json(&source),
        Format::Toml => toml(&source),
        _ => yaml::read(&source),
    }
}

/// The places inside a JSON file are not told; the file's name must do.
fn json(source: &Rc<Source>) -> Result<Node, Fault> {
    let value: serde_json::Value = serde_json::from_str(&source.text).map_err(|error| {
        let line = error.line().saturating_sub(1);
        let start: usize = source.text.split_inclusive('\n').take(line).map(str::len).sum();
        let at = (start + error.column().saturating_sub(1)).min(source.text.len());
        Place { source: source.clone(), range: at..at }.error(format!("not JSON: {error}"), &[])
    })?;
    Ok(json_node(value, &Place::start(source)))
}

fn json_node(value: serde_json::Value, place: &Place) -> Node {
    use serde_json::Value as Json;
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::NAN)), Value::Integer)
        }
        Json::String(text) => Value::Text(mark::clean(&text)),
        Json::Array(items) => Value::List(items.into_iter().map(|item| json_node(item, place)).collect()),
        Json::Object(map) => Value::Map(
            map.into_iter()
                .map(|(key, value)| Entry { key, key_place: place.clone(), node: json_node(value, place) })
                .collect(),
        ),
    };
    Node { value, place: place.clone() }
}

fn toml(source: &Rc<Source>) -> Result<Node, Fault> {
    let table = DeTable::parse(&source.text).map_err(|error| {
        let range = error.span().unwrap_or(0..0);
        Place { source: source.clone(), range }.error(format!("not TOML: {}", error.message()), &[])
    })?;
    Ok(Node { value: toml_table(table.get_ref(), source), place: Place::start(source) })
}

fn toml_table(table: &DeTable<'_>, source: &Rc<Source>) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_place: Place { source: source.clone(), range: key.span() },
            node: Node {
                value: toml_value(value.get_ref(), source),
                place: Place { source: source.clone(), range: value.span() },
            },
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_place.range.start);
    Value::Map(entries)
}

fn toml_value(value: &DeValue<'_>, source: &Rc<Source>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(mark::clean(text)),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Text(number.to_string()), Value::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Value::Text(number.to_string()), Value::Float)
        }
        DeValue::Datetime(datetime) => Value::Text(datetime.to_string()),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| Node {
                    value: toml_value(item.get_ref(), source),
                    place: Place { source: source.clone(), range: item.span() },
                })
                .collect(),
        ),
        DeValue::Table(table) => toml_table(table, source),
    }
}
