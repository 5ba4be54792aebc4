use crate::format::text_of;
use serde_json::Value;

/// What a condition holds a value against.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wanted {
    /// `none`: that nothing is known there.
    Nothing,
    /// `97 %`, as the share that it is.
    Share(f64),
    Value(Value),
}

impl Wanted {
    /// What a person who writes `text` means: `none`, a percentage, a number as people write it (`.05`, `+0.1`), text
    /// in quotes of either kind, a JSON value such as `[2, 2]`, or else the text itself.
    pub fn read(text: &str) -> Self {
        if matches!(text, "none" | "null") {
            return Self::Nothing;
        }
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        if let Some(percentage) = text.strip_suffix('%').and_then(|number_of| number(number_of.trim())) {
            return Self::Share(percentage / 100.0);
        }
        Self::Value(match serde_json::from_str(text) {
            Ok(value) => value,
            Err(_) => match (number(text), unquoted(text)) {
                (Some(number), _) => Value::from(number),
                (None, Some(inner)) => Value::from(inner),
                (None, None) => Value::from(text),
            },
        })
    }

    /// As a setting or a metric has it.
    pub fn value(&self) -> Value {
        match self {
            Self::Nothing => Value::from("none"),
            Self::Share(share) => Value::from(*share),
            Self::Value(value) => value.clone(),
        }
    }

    /// Whether a value is what is wanted though its type is another: a list may be written as the table has it.
    pub fn is_text_of(&self, value: &Value) -> bool {
        match self {
            Self::Nothing => value.is_null() || *value == "none",
            Self::Value(Value::String(text)) => value.is_array() && text_of(value) == *text,
            _ => false,
        }
    }
}

fn unquoted(text: &str) -> Option<&str> {
    ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_as_people_write_them() {
        for (text, expected) in [
            (".05", json!(0.05)),
            ("+0.1", json!(0.1)),
            ("5.", json!(5.0)),
            ("1E-3", json!(0.001)),
            ("inf", json!("inf")),
            ("1e999", json!("1e999")),
            ("'sgd'", json!("sgd")),
            ("\"sgd\"", json!("sgd")),
            ("'1'", json!("1")),
            ("\"a\\b\\c\"", json!("a\\b\\c")),
            ("'", json!("'")),
            ("'none'", json!("none")),
            ("[16, 32]", json!([16, 32])),
            ("true", json!(true)),
            ("decay-train", json!("decay-train")),
        ] {
            assert_eq!(Wanted::read(text), Wanted::Value(expected), "{text}");
        }
        assert_eq!(Wanted::read("95%"), Wanted::Share(0.95));
        assert_eq!(Wanted::read("+.5 %"), Wanted::Share(0.005));
        assert_eq!(Wanted::read("none"), Wanted::Nothing);
    }
}
