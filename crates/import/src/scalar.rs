use crate::tree::Value;

/// What a plain scalar means in YAML 1.2's core schema, the one that DVC reads by.
pub(crate) fn resolve(text: String) -> Value {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        plain => integer(plain)
            .map(Value::Integer)
            .or_else(|| float(plain).map(Value::Float))
            .unwrap_or(Value::Text(text)),
    }
}

fn integer(text: &str) -> Option<i64> {
    let digits = text.replace('_', "");
    let radix = |prefix, radix| digits.strip_prefix(prefix).map(|rest| i64::from_str_radix(rest, radix).ok());
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-')) {
        return None;
    }
    radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
        .unwrap_or_else(|| digits.parse().ok())
}

fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    // Rust also reads words such as `infinity`, which are strings in YAML.
    let is_number = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned
            .chars()
            .all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | 'e' | 'E' | '+' | '-' | '_'));
    if is_number { text.replace('_', "").parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_types_of_the_core_schema() {
        let resolve = |text: &str| resolve(text.to_owned());
        for (text, value) in [
            ("", Value::Null),
            ("true", Value::Boolean(true)),
            ("yes", Value::Text("yes".into())),
            ("-12", Value::Integer(-12)),
            ("0x1F", Value::Integer(31)),
            ("1_000", Value::Integer(1000)),
            ("1e-3", Value::Float(0.001)),
            (".5", Value::Float(0.5)),
            ("1.", Value::Float(1.0)),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
            ("inf", Value::Text("inf".into())),
            ("1.2.3", Value::Text("1.2.3".into())),
            ("2020-01-01", Value::Text("2020-01-01".into())),
            ("99999999999999999999", Value::Float(1e20)),
            ("e5", Value::Text("e5".into())),
            ("-", Value::Text("-".into())),
        ] {
            assert_eq!(resolve(text), value, "{text}");
        }
    }
}
