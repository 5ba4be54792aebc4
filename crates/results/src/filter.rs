use crate::{
    error::CompareError,
    experiment::{Experiment, Lookup},
    format::text_of,
    meaning::Meaning,
    order::compare_values,
    wanted::Wanted,
};
use serde_json::Value;
use std::{cmp::Ordering, str::FromStr};

/// A condition on a row: `lr < 0.1`, `train.kind = decay-train`, `rank1 >= 97 %`, `experiment ~ cifar`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The column, by its full name, the end of it, or its heading.
    pub column: String,
    /// The whole of it, as it was written.
    text: String,
    operator: Operator,
    wanted: Wanted,
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

/// What operators are made of. One of these right after an operator makes it another one, or none.
const SIGNS: [char; 5] = ['=', '<', '>', '!', '~'];

impl FromStr for Filter {
    type Err = CompareError;

    fn from_str(text: &str) -> Result<Self, CompareError> {
        let bad = |problem: &str| CompareError::BadFilter {
            text: text.to_owned(),
            problem: problem.to_owned(),
            hint: HOW.to_owned(),
        };
        let starts_operator = |at: &usize| OPERATORS.iter().any(|(sign, _)| text[*at..].starts_with(sign));
        let first = text.char_indices().map(|(at, _)| at).find(starts_operator);
        let at = first.ok_or_else(|| bad("there is no operator"))?;
        let value = text[at..].trim_start_matches(SIGNS);
        let sign = &text[at..text.len() - value.len()];
        let known = OPERATORS.into_iter().find(|(known, _)| *known == sign);
        let (_, operator) = known.ok_or_else(|| no_operator(text, sign))?;
        let (column, value) = (text[..at].trim(), value.trim());
        if column.is_empty() {
            return Err(bad("there is no column before the operator"));
        }
        if value.is_empty() {
            return Err(bad("there is no value after the operator"));
        }
        let (text, column) = (text.to_owned(), column.to_owned());
        Ok(Self { text, column, operator, wanted: Wanted::read(value) })
    }
}

const HOW: &str = "write COLUMN OPERATOR VALUE with =, !=, <, <=, >, >= or ~ (contains): 'lr < 0.1'";

fn no_operator(text: &str, sign: &str) -> CompareError {
    let meant = match sign {
        "=<" => Some("<="),
        "=>" => Some(">="),
        "<>" | "><" | "=!" | "!==" => Some("!="),
        "===" => Some("="),
        "=~" | "~=" => Some("~"),
        _ => None,
    };
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`? A value that begins so is written in quotes"),
        None => HOW.to_owned(),
    };
    CompareError::BadFilter { text: text.to_owned(), problem: format!("`{sign}` is no operator"), hint }
}

impl Filter {
    /// Whether the condition can be meant, as it is not where it asks for an order of numbers and text, or takes
    /// percent for shares: no row would meet it, and nothing would say why.
    pub(crate) fn check(&self, experiments: &[Experiment], meaning: &Meaning) -> Result<(), CompareError> {
        let (mut numbers, mut has_others) = (Vec::new(), false);
        for experiment in experiments {
            match meaning.find(experiment) {
                Lookup::Metric(metric) => numbers.push(metric.mean),
                Lookup::Setting(value) => match value.as_f64() {
                    Some(number) => numbers.push(number),
                    None => has_others = true,
                },
                Lookup::Missing | Lookup::Ambiguous(_) => {}
            }
        }
        let bad = |problem, hint| Err(CompareError::BadFilter { text: self.text.clone(), problem, hint });
        let Self { column, wanted, .. } = self;
        if numbers.is_empty() || has_others {
            return Ok(());
        }
        if self.operator.is_order() && !wanted.value().is_number() {
            let problem = format!("`{column}` is a number, and `{}` is none", text_of(&wanted.value()));
            return bad(problem, "write a number, such as 0.05, 1e-3 or 95 %".to_owned());
        }
        let is_percent = meaning.metric.as_ref().is_some_and(|metric| metric.percent);
        match wanted {
            Wanted::Value(Value::Number(number)) if is_percent && self.operator != Operator::Contains => {
                let is_beyond = number.as_f64().is_some_and(|number| number > 1.0);
                if is_beyond && numbers.iter().all(|number| *number <= 1.0) {
                    let problem = format!("`{column}` is a share shown in percent, and {number} is none");
                    return bad(problem, format!("write `{number} %`, or a number from 0 to 1"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the experiment meets the condition on the column that `meaning` tells. One without it meets
    /// only `!=`, and `= none`.
    pub(crate) fn matches(&self, experiment: &Experiment, meaning: &Meaning) -> Result<bool, CompareError> {
        match meaning.find(experiment) {
            Lookup::Missing if self.wanted == Wanted::Nothing => Ok(self.operator == Operator::Equal),
            Lookup::Missing => Ok(self.operator == Operator::NotEqual),
            Lookup::Setting(value) => Ok(self.holds(&value)),
            Lookup::Metric(metric) => Ok(self.holds(&Value::from(metric.mean))),
            Lookup::Ambiguous(candidates) => {
                Err(CompareError::AmbiguousColumn { name: self.column.clone(), candidates })
            }
        }
    }

    fn holds(&self, value: &Value) -> bool {
        let wanted = self.wanted.value();
        let same_type = std::mem::discriminant(value) == std::mem::discriminant(&wanted);
        let order = compare_values(value, &wanted);
        let is_equal = order == Ordering::Equal || self.wanted.is_text_of(value);
        match self.operator {
            // Whatever the case, as on the page.
            Operator::Contains => text_of(value).to_lowercase().contains(&text_of(&wanted).to_lowercase()),
            Operator::Equal => is_equal,
            Operator::NotEqual => !is_equal,
            _ if !same_type => false,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

impl Operator {
    fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual | Self::Contains)
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
            "seed = '1'",
            "train.lr < .1",
            "train.lr < +0.1",
            "train.lr>=.05",
            "kind = 'decay-train'",
            "train.model.stages = 2,2",
            "nothing = none",
            "train.lr != none",
        ] {
            assert!(holds(filter), "{filter}");
        }
    }

    #[test]
    fn conditions_that_do_not_hold() {
        for filter in [
            "train.lr > 0.05",
            "train.kind < 3",
            "rank1 < 97%",
            "nothing = 1",
            "seed = 1",
            "run ~ x",
            "nothing != none",
            "nothing < none",
            "train.lr = none",
            "nothing = 'none'",
        ] {
            assert!(!holds(filter), "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for filter in ["lr", "< 0.1", "lr <", "", "  = ", "lr=<0.1", "lr <> 1", "lr === 1", "lr=~x"] {
            let error = filter.parse::<Filter>().unwrap_err();
            assert!(matches!(error, CompareError::BadFilter { .. }), "{filter}: {error}");
        }
    }

    #[test]
    fn an_operator_turned_round_is_told_from_a_value() {
        let error = "lr=<0.1".parse::<Filter>().unwrap_err();
        assert_eq!(error.to_string(), "filter `lr=<0.1`: `=<` is no operator");
        assert!(error.hints()[0].starts_with("did you mean `<=`?"), "{:?}", error.hints());
        assert!("name = <b>".parse::<Filter>().is_ok());
    }

    #[test]
    fn a_short_name_for_two_different_settings_is_an_error() {
        let filter: Filter = "lr < 0.1".parse().unwrap();
        let error = filter.matches(&experiment(), &anything("lr")).unwrap_err();
        assert_eq!(error.to_string(), "`lr` could be train.lr or tune.lr");
    }
}
