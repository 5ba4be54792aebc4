use crate::measurement::Measurement;
use serde_json::Value;

/// A setting as people write it: text without quotes, lists without brackets, tables as `key=value`.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            let separator = if elements.iter().any(|e| e.is_array() || e.is_object()) { "; " } else { "," };
            elements.iter().map(text_of).collect::<Vec<_>>().join(separator)
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| format!("{key}={}", text_of(field)))
            .collect::<Vec<_>>()
            .join(" "),
        Value::Number(number) => match number.as_f64() {
            Some(whole) if number.is_f64() && whole.fract() == 0.0 && whole.abs() < 1e15 => {
                format!("{whole:.0}")
            }
            _ => number.to_string(),
        },
        Value::Bool(truth) => truth.to_string(),
    }
}

/// Text for a terminal: control characters, which could move its cursor or colour what follows, as they are written
/// in source code.
pub fn printable(text: &str) -> String {
    let written = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    text.chars().map(written).collect()
}

/// What a value in the name of a matrix cell was: a number, a truth, or else text.
pub(crate) fn read_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// A metric's number: percentages with two decimals, others with four, very small ones with an exponent.
pub(crate) fn number(value: f64, percent: bool) -> String {
    match percent {
        true => format!("{:.2}", value * 100.0),
        false if value != 0.0 && value.abs() < 1e-3 => format!("{value:.3e}"),
        false => format!("{value:.4}"),
    }
}

/// `97.33 %`, or `97.33 ± 0.21 % (3)` for several runs.
pub(crate) fn measurement(measurement: &Measurement, percent: bool) -> String {
    let mut text = number(measurement.mean, percent);
    if let Some(deviation) = measurement.deviation {
        text += &format!(" ± {}", number(deviation, percent));
    }
    if percent {
        text += " %";
    }
    if measurement.count > 1 {
        text += &format!(" ({})", measurement.count);
    }
    text
}

/// `+1.20`, in percentage points for percentages.
pub(crate) fn difference(value: f64, percent: bool) -> String {
    let text = number(value.abs(), percent);
    format!("{}{text}", if value < 0.0 { '−' } else { '+' })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_read_as_people_write_them() {
        assert_eq!(text_of(&json!([3, 4, 6])), "3,4,6");
        assert_eq!(text_of(&json!("bf16")), "bf16");
        assert_eq!(text_of(&json!(5e-4)), "0.0005");
        assert_eq!(text_of(&json!(10.0)), "10");
        assert_eq!(text_of(&json!(u64::MAX)), "18446744073709551615");
        assert_eq!(
            text_of(&json!([{"epochs": 25, "lr": 0.1}, {"epochs": 5, "lr": 0.01}])),
            "epochs=25 lr=0.1; epochs=5 lr=0.01"
        );
    }

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(printable("\u{1b}[31mré\u{9b}d\n"), "\\u{1b}[31mré\\u{9b}d\\n");
    }

    #[test]
    fn measurements() {
        assert_eq!(measurement(&Measurement::single(0.97328), true), "97.33 %");
        assert_eq!(measurement(&Measurement::single(0.000_012_34), false), "1.234e-5");
        let folded = Measurement::of(&[0.5, 0.51, 0.52]).unwrap();
        assert_eq!(measurement(&folded, true), "51.00 ± 1.00 % (3)");
        assert_eq!(difference(-0.012, true), "−1.20");
    }
}
