use serde_json::Value;
use std::cmp::Ordering;

/// A total order of JSON values that people expect: missing first, then booleans, numbers by size, text by
/// character, lists element by element, objects by their text.
pub(crate) fn compare_values(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().unwrap_or(f64::NAN).total_cmp(&b.as_f64().unwrap_or(f64::NAN))
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => {
            let elements = a.iter().zip(b).map(|(a, b)| compare_values(a, b));
            elements.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        (Value::Object(_), Value::Object(_)) => left.to_string().cmp(&right.to_string()),
        _ => kind(left).cmp(&kind(right)),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_by_size_and_lists_by_element() {
        let mut values =
            vec![json!([16, 64]), json!("b"), json!(10), json!(9.5), json!([16, 16, 32]), json!(null)];
        values.sort_by(compare_values);
        assert_eq!(
            values,
            [json!(null), json!(9.5), json!(10), json!("b"), json!([16, 16, 32]), json!([16, 64])]
        );
    }
}
