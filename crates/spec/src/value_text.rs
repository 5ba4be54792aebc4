use serde_json::Value;

/// A value as it appears inside a longer text, such as an argument of a command: strings without quotes,
/// numbers and booleans as in JSON.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
