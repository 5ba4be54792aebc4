use crate::{
    error::CompareError,
    experiment::{Experiment, Lookup},
    format::{read_value, text_of},
    meaning::Meaning,
    order::compare_values,
};
use serde_json::Value;
use std::{cmp::Ordering, str::FromStr};

/// A condition on a row: `lr < 0.1`, `train.kind = decay-train`, `rank1 >= 97 %`, `experiment ~ cifar`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The column, by its full name, the end of it, or its heading.
    pub column: String,
    operator: Operator,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// Longer operators first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, Operator); 8] = [
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("==", Operator::Equal),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("~", Operator::Contains),
];

impl FromStr for Filter {
    type Err = CompareError;

    fn from_str(text: &str) -> Result<Self, CompareError> {
        let bad = |problem| CompareError::BadFilter { text: text.to_owned(), problem };
        let found = text.char_indices().find_map(|(at, _)| {
            let rest = &text[at..];
            OPERATORS.into_iter().find(|(sign, _)| rest.starts_with(sign)).map(|found| (at, found))
        });
        let (at, (sign, operator)) = found.ok_or_else(|| bad("there is no operator"))?;
        let (column, value) = (text[..at].trim(), text[at + sign.len()..].trim());
        if column.is_empty() {
            return Err(bad("there is no column before the operator"));
        }
        if value.is_empty() {
            return Err(bad("there is no value after the operator"));
        }
        Ok(Self { column: column.to_owned(), operator, value: read_value(value) })
    }
}

impl Filter {
    /// Whether the experiment meets the condition on the column that `meaning` tells. One without it meets
    /// only `!=`.
    pub(crate) fn matches(&self, experiment: &Experiment, meaning: &Meaning) -> Result<bool, CompareError> {
        match meaning.find(experiment) {
            Lookup::Missing => Ok(self.operator == Operator::NotEqual),
            Lookup::Setting(value) => Ok(self.holds(&value)),
            Lookup::Metric(metric) => Ok(self.holds(&Value::from(metric.mean))),
            Lookup::Ambiguous(candidates) => {
                Err(CompareError::AmbiguousColumn { name: self.column.clone(), candidates })
            }
        }
    }

    fn holds(&self, value: &Value) -> bool {
        let same_type = std::mem::discriminant(value) == std::mem::discriminant(&self.value);
        let order = compare_values(value, &self.value);
        match self.operator {
            // Whatever the case, as on the page.
            Operator::Contains => {
                text_of(value).to_lowercase().contains(&text_of(&self.value).to_lowercase())
            }
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual => order != Ordering::Equal,
            _ if !same_type => false,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{meaning::Sought, measurement::Measurement};
    use proto::RunStatus;
    use serde_json::json;

    fn experiment() -> Experiment {
        let settings = [
            ("train.lr", json!(0.05)),
            ("train.kind", json!("decay-train")),
            ("train.model.stages", json!([2, 2])),
            ("tune.lr", json!(0.01)),
            ("params.seed", json!("1")),
        ];
        Experiment {
            pipeline: "digits".to_owned(),
            runs: vec!["20260101-000000-ab".to_owned()],
            origins: Vec::new(),
            started: "2026-01-01T00:00:00Z".to_owned(),
            status: RunStatus::Succeeded,
            overrides: String::new(),
            as_filed: None,
            stages: Default::default(),
            settings: settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            metrics: [("rank.rank1".to_owned(), Measurement::single(0.975))].into(),
            measured_by: Default::default(),
        }
    }

    fn anything(name: &str) -> Meaning {
        Meaning { sources: vec![name.to_owned()], sought: Sought::Any, metric: None }
    }

    fn holds(filter: &str) -> bool {
        let filter: Filter = filter.parse().unwrap();
        filter.matches(&experiment(), &anything(&filter.column)).unwrap()
    }

    #[test]
    fn conditions_that_hold() {
        for filter in [
            "train.lr < 0.1",
            "train.lr<=0.05",
            "train.lr=5e-2",
            "train.lr == 0.05",
            "rank1 >= 97 %",
            "rank.rank1 > 0.97",
            "train.kind = decay-train",
            "kind ~ decay",
            "kind ~ Decay",
            "train.model.stages = [2, 2]",
            "experiment ~ dig",
            "status = succeeded",
            "nothing != 1",
            "seed = \"1\"",
        ] {
            assert!(holds(filter), "{filter}");
        }
    }

    #[test]
    fn conditions_that_do_not_hold() {
        for filter in
            ["train.lr > 0.05", "train.kind < 3", "rank1 < 97%", "nothing = 1", "seed = 1", "run ~ x"]
        {
            assert!(!holds(filter), "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for filter in ["lr", "< 0.1", "lr <", "", "  = "] {
            let error = filter.parse::<Filter>().unwrap_err();
            assert!(matches!(error, CompareError::BadFilter { .. }), "{filter}: {error}");
        }
    }

    #[test]
    fn a_short_name_for_two_different_settings_is_an_error() {
        let filter: Filter = "lr < 0.1".parse().unwrap();
        let error = filter.matches(&experiment(), &anything("lr")).unwrap_err();
        assert_eq!(error.to_string(), "`lr` could be train.lr or tune.lr");
    }
}
