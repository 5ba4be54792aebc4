//! As much of JSON Schema as the schema of pipeline files uses.

use serde_json::Value;

/// Whether a value is as a schema demands; `root` holds the definitions.
pub fn accepts(schema: &Value, value: &Value, root: &Value) -> bool {
    let Some(rules) = schema.as_object() else { return schema == &Value::Bool(true) };
    rules.iter().all(|(rule, argument)| match rule.as_str() {
        "$ref" => {
            let definition = root.pointer(argument.as_str().unwrap().trim_start_matches('#')).unwrap();
            accepts(definition, value, root)
        }
        "type" => match argument {
            Value::Array(types) => types.iter().any(|name| has_type(value, name)),
            name => has_type(value, name),
        },
        "enum" => argument.as_array().unwrap().contains(value),
        "const" => argument == value,
        "anyOf" => argument.as_array().unwrap().iter().any(|schema| accepts(schema, value, root)),
        "oneOf" => {
            argument.as_array().unwrap().iter().filter(|schema| accepts(schema, value, root)).count() == 1
        }
        "allOf" => argument.as_array().unwrap().iter().all(|schema| accepts(schema, value, root)),
        "if" => !accepts(argument, value, root) || accepts(&rules["then"], value, root),
        "pattern" => value.as_str().is_none_or(|text| matches_pattern(text, argument.as_str().unwrap())),
        "minimum" => value.as_f64().is_none_or(|number| number >= argument.as_f64().unwrap()),
        "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > argument.as_f64().unwrap()),
        "exclusiveMaximum" => value.as_f64().is_none_or(|number| number < argument.as_f64().unwrap()),
        "items" => {
            value.as_array().is_none_or(|items| items.iter().all(|item| accepts(argument, item, root)))
        }
        "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= argument.as_u64().unwrap()),
        "minProperties" => {
            value.as_object().is_none_or(|fields| fields.len() as u64 >= argument.as_u64().unwrap())
        }
        "required" => {
            let names = argument.as_array().unwrap();
            value
                .as_object()
                .is_none_or(|fields| names.iter().all(|name| fields.contains_key(name.as_str().unwrap())))
        }
        "properties" => value.as_object().is_none_or(|fields| {
            let known = |(name, value): (&String, &Value)| {
                argument.get(name).is_none_or(|schema| accepts(schema, value, root))
            };
            fields.iter().all(known)
        }),
        "additionalProperties" => value.as_object().is_none_or(|fields| {
            let is_known =
                |name: &str| rules.get("properties").is_some_and(|known| known.get(name).is_some());
            fields.iter().filter(|(name, _)| !is_known(name)).all(|(_, value)| accepts(argument, value, root))
        }),
        "propertyNames" => value.as_object().is_none_or(|fields| {
            fields.keys().all(|name| accepts(argument, &Value::from(name.as_str()), root))
        }),
        "$schema" | "$defs" | "title" | "description" | "default" | "format" | "then" => true,
        unknown => panic!("the schema uses `{unknown}`, which this reader does not know"),
    })
}

fn has_type(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("unknown type {other}"),
    }
}

/// The two patterns in use: a text with a reference in it, and a name.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    if pattern == r"\$\{" {
        return text.contains("${");
    }
    assert!(pattern.starts_with("^[A-Za-z0-9_]"));
    (1..=80).contains(&text.len())
        && !text.starts_with('-')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
}
