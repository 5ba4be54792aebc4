//! The pipeline file's text, written the way a person would.

use crate::{
    cells::Matrix,
    mark,
    parameters::Parameters,
    tree::{Node, Value},
};
use std::fmt::Write;

/// Lines are kept shorter where they can be.
const WIDTH: usize = 100;

/// The fields of a table with their values as TOML, in order.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn add(&mut self, key: &str, value: String) {
        self.0.push((key.to_owned(), value));
    }

    pub fn add_text(&mut self, key: &str, text: &str) {
        self.add(key, string(&mark::to_template(text)));
    }

    /// Names and texts: on one line if they fit, else a line each.
    pub fn add_texts(&mut self, key: &str, texts: &[(String, String)]) {
        if texts.is_empty() {
            return;
        }
        let texts: Vec<(&String, String)> =
            texts.iter().map(|(name, text)| (name, string(&mark::to_template(text)))).collect();
        let pairs: Vec<String> = texts.iter().map(|(name, text)| format!("{name} = {text}")).collect();
        let line = format!("{{ {} }}", pairs.join(", "));
        if line.len() + key.len() + 3 <= WIDTH {
            self.add(key, line);
        } else {
            texts.into_iter().for_each(|(name, text)| self.add(&format!("{key}.{name}"), text));
        }
    }

    /// The lines, their `=` below each other.
    pub fn lines(&self) -> String {
        let width = self.0.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        self.0.iter().fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key:width$} = {value}");
            text
        })
    }
}

/// A string as TOML: several lines in `'''` where that can be.
pub(crate) fn string(text: &str) -> String {
    let is_plain = !text.contains("'''") && text.chars().all(|letter| letter == '\n' || !letter.is_control());
    if text.contains('\n') && is_plain {
        return format!("'''\n{text}'''");
    }
    let text = toml_edit::Value::from(text);
    text.to_string().trim().to_owned()
}

/// `[params]`, with a table for each mapping.
pub(crate) fn params(parameters: &Parameters) -> String {
    let mut tables: Vec<(String, Fields)> = Vec::new();
    for parameter in &parameters.entries {
        let (table, key) = match parameter.name.rsplit_once('.') {
            Some((table, key)) => (format!("params.{table}"), key),
            None => ("params".to_owned(), parameter.name.as_str()),
        };
        let position = tables.iter().position(|(name, _)| *name == table).unwrap_or_else(|| {
            tables.push((table, Fields::default()));
            tables.len() - 1
        });
        tables[position].1.add(key, value(&parameter.value));
    }
    // What belongs to no table must come before the first.
    tables.sort_by_key(|(name, _)| name != "params");
    tables.iter().fold(String::new(), |mut text, (name, fields)| {
        let _ = write!(text, "\n[{name}]\n{}", fields.lines());
        text
    })
}

/// The value of a stage's `matrix`.
pub(crate) fn matrix(matrix: &Matrix) -> String {
    match matrix {
        Matrix::Grid(axes) => {
            let axis = |(key, values): &(String, Vec<Node>)| format!("{key} = {}", list(values));
            format!("{{ {} }}", axes.iter().map(axis).collect::<Vec<_>>().join(", "))
        }
        Matrix::Rows(rows) => {
            let pair = |(key, node): &(String, Node)| format!("{key} = {}", value(&node.value));
            let row = |row: &Vec<(String, Node)>| {
                format!("{{ {} }}", row.iter().map(pair).collect::<Vec<_>>().join(", "))
            };
            let rows: Vec<String> = rows.iter().map(row).collect();
            format!("{{ include = [\n    {},\n] }}", rows.join(",\n    "))
        }
    }
}

/// A value as TOML; what TOML lacks does not come here.
fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => string(&mark::to_template(text)),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => toml_edit::Value::from(*value).to_string().trim().to_owned(),
        Value::List(items) => list(items),
        Value::Map(entries) => {
            let pair = |entry: &crate::tree::Entry| {
                format!("{} = {}", key(&entry.key), self::value(&entry.node.value))
            };
            format!("{{ {} }}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Null => "\"\"".to_owned(),
    }
}

fn list(items: &[Node]) -> String {
    format!("[{}]", items.iter().map(|item| value(&item.value)).collect::<Vec<_>>().join(", "))
}

/// A key as TOML.
pub(crate) fn key(text: &str) -> String {
    let is_bare = !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
    if is_bare { text.to_owned() } else { string(&text.replace('\n', " ")) }
}
