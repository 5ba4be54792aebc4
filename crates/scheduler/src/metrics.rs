use crate::failure::Failure;
use serde_json::Value;
use std::{fs, path::Path};

/// Reads an output named `metrics`: a JSON object of numbers, nested objects allowed. A missing one is not
/// this function's to refuse.
pub(crate) fn read_metrics(path: &Path) -> Result<Value, Failure> {
    let Ok(bytes) = fs::read(path) else { return Ok(Value::Null) };
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::BadMetrics(format!("is not JSON: {error}")))?;
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
