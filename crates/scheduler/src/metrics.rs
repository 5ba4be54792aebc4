use crate::failure::Failure;
use serde_json::Value;
use std::{fs, io, path::Path};

/// Reads an output named `metrics`: a JSON object of numbers, nested objects allowed. A missing one is not
/// this function's to refuse; one that cannot be read is.
pub(crate) fn read_metrics(path: &Path) -> Result<Value, Failure> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Value::Null),
        Err(error) => return Err(Failure::BadMetrics(format!("cannot be read: {error}"))),
    };
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        not_finite(&bytes)
            .map_or_else(|| Failure::BadMetrics(format!("is not JSON: {error}")), Failure::NotFinite)
    })?;
    if !value.is_object() {
        return Err(Failure::BadMetrics("is not a JSON object".into()));
    }
    check(&value, "")?;
    Ok(value)
}

fn check(value: &Value, name: &str) -> Result<(), Failure> {
    match value {
        Value::Object(map) => map.iter().try_for_each(|(key, value)| {
            check(value, &if name.is_empty() { key.clone() } else { format!("{name}.{key}") })
        }),
        Value::Number(_) => Ok(()),
        other => Err(Failure::BadMetrics(format!("holds {other} as `{name}`, which is not a number"))),
    }
}

/// What stands outside of texts where a number should, as some programs write it though JSON does not have it.
fn not_finite(bytes: &[u8]) -> Option<&'static str> {
    let (mut in_text, mut is_escaped) = (false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            _ => {
                let found = ["NaN", "-Infinity", "Infinity"].into_iter();
                if let Some(word) = found.into_iter().find(|word| bytes[at..].starts_with(word.as_bytes())) {
                    return Some(word);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_no_metrics_and_nothing_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read_metrics(folder.path()), Err(Failure::BadMetrics(_))));
        assert_eq!(read_metrics(&folder.path().join("none")).unwrap(), Value::Null);
    }

    #[test]
    fn what_is_not_finite_is_named() {
        assert_eq!(not_finite(br#"{"loss": NaN}"#), Some("NaN"));
        assert_eq!(not_finite(br#"{"NaN \" NaN": 1, "loss": -Infinity}"#), Some("-Infinity"));
        assert_eq!(not_finite(br#"{"NaN": 1, "loss": x}"#), None);
    }
}
