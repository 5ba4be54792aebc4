use crate::{
    arguments, mark, names,
    parameters::Parameters,
    params_file::Format,
    tree::{Node, Value},
};

/// A file of parameters that holds some values of another, most of them as references to `[params]`.
pub(crate) struct ParamsText<'a> {
    pub format: Format,
    /// As the project calls it.
    pub file: &'a str,
    pub parameters: &'a mut Parameters,
    /// The dotted paths of values that are written out, since no reference can stand for them.
    pub written_out: Vec<String>,
}

/// The part of a file that is written.
#[derive(Clone)]
enum Part<'n> {
    Value(&'n Node),
    Map(Vec<(String, Part<'n>)>),
}

impl ParamsText<'_> {
    /// The text with the values under some dotted paths of `root`; an error names a path that is not there.
    pub fn write(&mut self, root: &Node, keys: &[&str]) -> Result<String, String> {
        let mut map = Vec::new();
        for key in keys {
            let parts: Vec<&str> = key.split('.').collect();
            insert(&mut map, root, &parts).ok_or_else(|| (*key).to_owned())?;
        }
        Ok(match self.format {
            Format::Json => format!("{}\n", self.json(&map, "", 0)),
            Format::Toml => self.toml(&map, "", ""),
            Format::Yaml | Format::Other => self.yaml(&map, "", 0),
        })
    }

    fn yaml(&mut self, map: &[(String, Part<'_>)], path: &str, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        let mut text = String::new();
        for (key, part) in map {
            let path = below(path, key);
            let key = if is_plain_key(key) { key.clone() } else { json_text(key) };
            match nested(part) {
                Some(inner) => {
                    text.push_str(&format!("{indent}{key}:\n{}", self.yaml(&inner, &path, depth + 1)))
                }
                None => text.push_str(&format!("{indent}{key}: {}\n", self.value(part, &path))),
            }
        }
        text
    }

    fn json(&mut self, map: &[(String, Part<'_>)], path: &str, depth: usize) -> String {
        let indent = "  ".repeat(depth + 1);
        let lines: Vec<String> = map
            .iter()
            .map(|(key, part)| {
                let path = below(path, key);
                let value = match nested(part) {
                    Some(inner) => self.json(&inner, &path, depth + 1),
                    None => self.value(part, &path),
                };
                format!("{indent}{}: {value}", json_text(key))
            })
            .collect();
        format!("{{\n{}\n{}}}", lines.join(",\n"), "  ".repeat(depth))
    }

    /// Dotted keys: every value on a line of its own.
    fn toml(&mut self, map: &[(String, Part<'_>)], path: &str, written: &str) -> String {
        let mut text = String::new();
        for (key, part) in map {
            let path = below(path, key);
            let key = if names::is_valid(key) { key.clone() } else { json_text(key) };
            let written = below(written, &key);
            match nested(part) {
                Some(inner) => text.push_str(&self.toml(&inner, &path, &written)),
                None => text.push_str(&format!("{written} = {}\n", self.value(part, &path))),
            }
        }
        text
    }

    fn value(&mut self, part: &Part<'_>, path: &str) -> String {
        let Part::Value(node) = part else { return "{}".to_owned() };
        if let Some(text) = self.reference(node, path) {
            return text;
        }
        self.written_out.push(path.to_owned());
        match &node.value {
            Value::Text(text) if self.format == Format::Yaml && is_plain_text(node) => text.clone(),
            value => literal(value),
        }
    }

    /// The value as a reference that reads back as the type that it has now.
    fn reference(&mut self, node: &Node, path: &str) -> Option<String> {
        let quote = match &node.value {
            Value::Text(text) => match self.format {
                Format::Yaml if is_plain_text(node) && is_more_than_text(text) => return None,
                Format::Yaml | Format::Other
                    if !text.contains(['\'', '\n']) && !text.contains(char::is_control) =>
                {
                    "'"
                }
                Format::Json | Format::Toml
                    if !text.contains(['"', '\\']) && !text.contains(char::is_control) =>
                {
                    "\""
                }
                _ => return None,
            },
            _ => "",
        };
        // Readers of YAML 1.1, PyYAML among them, take `1e-6` for a text.
        let tag = if self.format == Format::Yaml && matches!(node.value, Value::Float(_)) {
            "!!float "
        } else {
            ""
        };
        let name = self.parameters.name(self.file, path, node)?;
        Some(format!("{tag}{quote}{}{quote}", mark::of(&format!("params.{name}"))))
    }
}

/// Puts the value under a path in its place. A path that goes into a list stands for the list.
fn insert<'n>(map: &mut Vec<(String, Part<'n>)>, node: &'n Node, path: &[&str]) -> Option<()> {
    let (key, rest) = path.split_first()?;
    let value = node.get(key)?;
    let is_end = rest.is_empty() || matches!(value.value, Value::List(_));
    if is_end && !rest.is_empty() {
        value.select(&rest.join("."))?;
    }
    let position = map.iter().position(|(present, _)| present == key);
    match (position.map(|at| &mut map[at].1), is_end) {
        (Some(present), true) => *present = Part::Value(value),
        (Some(Part::Value(_)), false) => drop(value.select(&rest.join("."))?),
        (Some(Part::Map(inner)), false) => insert(inner, value, rest)?,
        (None, true) => map.push(((*key).to_owned(), Part::Value(value))),
        (None, false) => {
            let mut inner = Vec::new();
            insert(&mut inner, value, rest)?;
            map.push(((*key).to_owned(), Part::Map(inner)));
        }
    }
    Some(())
}

/// The entries of a part that is a mapping with any.
fn nested<'n>(part: &Part<'n>) -> Option<Vec<(String, Part<'n>)>> {
    match part {
        Part::Map(inner) => Some(inner.clone()),
        Part::Value(node) if !node.entries().is_empty() => {
            Some(node.entries().iter().map(|entry| (entry.key.clone(), Part::Value(&entry.node))).collect())
        }
        Part::Value(_) => None,
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_plain_key(key: &str) -> bool {
    key.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
        && !is_more_than_text(key)
}

/// Whether a text stands in its file without quotes.
fn is_plain_text(node: &Node) -> bool {
    let written = node.place.source.text.get(node.place.range.clone()).unwrap_or_default();
    !written.starts_with(['"', '\'', '|', '>'])
}

/// Whether readers of YAML 1.1 take a plain scalar for something else: `yes`, `2020-01-01`, `12:30`.
fn is_more_than_text(text: &str) -> bool {
    let word = text.to_lowercase();
    matches!(word.as_str(), "yes" | "no" | "on" | "off" | "y" | "n")
        || text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
            && text.chars().any(|letter| letter.is_ascii_digit())
}

/// A value as JSON, which YAML and TOML read too, with a dot in every float.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => json_text(text),
        Value::Float(float) if !float.is_finite() => if float.is_nan() {
            ".nan"
        } else if *float > 0.0 {
            ".inf"
        } else {
            "-.inf"
        }
        .to_owned(),
        Value::Float(_) => {
            let text = arguments::python_text(value).unwrap_or_default();
            let Some((digits, exponent)) = text.split_once('e') else { return text };
            if digits.contains('.') { text } else { format!("{digits}.0e{exponent}") }
        }
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| literal(&item.value)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let entry = |entry: &crate::tree::Entry| {
                format!("{}: {}", json_text(&entry.key), literal(&entry.node.value))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => arguments::python_text(other).unwrap_or_default(),
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
