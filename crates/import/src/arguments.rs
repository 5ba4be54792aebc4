use crate::tree::{Node, Value};

/// A mapping as DVC writes it into a command: `--key value`, `--flag` for true, `--key a b` for lists. `text`
/// gives the text of the scalar under a path. An error names the key whose value cannot be written.
pub(crate) fn of(
    path: &str,
    node: &Node,
    text: &dyn Fn(&str, &Node) -> Option<String>,
) -> Result<String, String> {
    let mut arguments = Vec::new();
    add("", path, node, text, &mut arguments)?;
    Ok(arguments.join(" "))
}

fn add(
    key: &str,
    path: &str,
    node: &Node,
    text: &dyn Fn(&str, &Node) -> Option<String>,
    arguments: &mut Vec<String>,
) -> Result<(), String> {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let key = if key.is_empty() { entry.key.clone() } else { format!("{key}.{}", entry.key) };
                add(&key, &format!("{path}.{}", entry.key), &entry.node, text, arguments)?;
            }
        }
        Value::Boolean(true) => arguments.push(format!("--{key}")),
        Value::Boolean(false) => {}
        Value::List(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| python_text(&item.value)).collect();
            let items = items.ok_or_else(|| key.to_owned())?;
            arguments.push(format!(
                "--{key} {}",
                items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(" ")
            ));
        }
        // What needs quotes is written out: a reference in quotes would be taken for one without.
        Value::Text(plain) if quoted(plain) != *plain => arguments.push(format!("--{key} {}", quoted(plain))),
        _ => arguments.push(format!("--{key} {}", text(path, node).ok_or_else(|| key.to_owned())?)),
    }
    Ok(())
}

/// A scalar as DVC, written in Python, puts it into a text.
pub(crate) fn python_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("None".to_owned()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Float(value) => Some(python_float(*value)),
        Value::Text(text) => Some(text.clone()),
        Value::List(_) | Value::Map(_) => None,
    }
}

/// Python pads exponents to two digits and signs them.
fn python_float(value: f64) -> String {
    let text = if value.is_finite() && value != 0.0 && value.abs() < 1e-4 {
        format!("{value:e}")
    } else {
        format!("{value:?}")
    };
    let Some((digits, exponent)) = text.split_once('e') else { return text.to_lowercase() };
    let (sign, size) = exponent.strip_prefix('-').map_or(('+', exponent), |size| ('-', size));
    format!("{digits}e{sign}{size:0>2}")
}

/// The text in single quotes if a shell would not take it for one word as it is.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_@%+=:,./-".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (value, text) in [
            (1e-5, "1e-05"),
            (0.1, "0.1"),
            (1.0, "1.0"),
            (1e20, "1e+20"),
            (0.0001, "0.0001"),
            (1.5e-7, "1.5e-07"),
        ] {
            assert_eq!(python_float(value), text);
        }
    }

    #[test]
    fn quotes_only_where_needed() {
        assert_eq!(quoted("a-b/c.d"), "a-b/c.d");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
