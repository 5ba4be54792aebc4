use serde_json::Value;

/// The leaves of a JSON value by dotted path: `{"model":{"l2":1}}` is `model.l2 = 1`. Arrays are leaves, so
/// that `[3, 4, 6]` stays one setting; an empty object has none.
pub fn flatten(prefix: &str, value: &Value) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    push_leaves(prefix, value, &mut leaves);
    leaves
}

fn push_leaves(path: &str, value: &Value, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                push_leaves(&below, field, leaves);
            }
        }
        leaf => leaves.push((path.to_owned(), leaf.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_are_opened_and_arrays_are_not() {
        let value = json!({"lr": 0.1, "model": {"stages": [2, 2], "l2": 1e-4}, "augment": {}});
        assert_eq!(
            flatten("train", &value),
            [
                ("train.lr".to_owned(), json!(0.1)),
                ("train.model.l2".to_owned(), json!(1e-4)),
                ("train.model.stages".to_owned(), json!([2, 2])),
            ]
        );
    }

    #[test]
    fn a_leaf_alone_keeps_the_prefix() {
        assert_eq!(flatten("a", &json!(null)), [("a".to_owned(), json!(null))]);
        assert_eq!(flatten("", &json!({"a": 1})), [("a".to_owned(), json!(1))]);
    }
}
