use super::{
    elements::elements,
    error::SweepError,
    range::{Range, whole_numbers},
    sample,
};
use indexmap::IndexSet;

/// The values that one `--set` names.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// The text as it is: the only value.
    One(String),
    /// Several, each a TOML value or a text.
    Listed(Vec<String>),
    /// A range to draw from.
    Drawn(Range),
}

/// More values than that are taken for a mistake.
const MOST_VALUES: u64 = 10_000;

impl Values {
    pub fn read(name: &str, text: &str) -> Result<Self, SweepError> {
        let parts = elements(text);
        if let [only] = parts.as_slice() {
            if let Some(range) = Range::read(only) {
                let wrong = |problem| SweepError::new(format!("`--set {name}={text}` {problem}"), RANGES);
                return range.map(Self::Drawn).map_err(wrong);
            }
            if whole_numbers(only).is_none() {
                return Ok(Self::One(text.to_owned()));
            }
        }
        let mut values = IndexSet::new();
        for part in parts {
            values.extend(expand(name, text, part)?);
        }
        Ok(Self::Listed(values.into_iter().collect()))
    }

    /// How many values there are to choose from; `None` for a range, which has no end of them.
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::One(_) => Some(1),
            Self::Listed(values) => Some(values.len()),
            Self::Drawn(_) => None,
        }
    }

    /// The value at `share`, which is in [0, 1).
    pub fn at(&self, share: f64) -> String {
        match self {
            Self::One(value) => value.clone(),
            Self::Listed(values) => values[sample::index(share, values.len() as u64) as usize].clone(),
            Self::Drawn(range) => range.at(share),
        }
    }
}

const RANGES: &str = "write `uniform(A,B)`, `log(A,B)` or `int(A,B)`, with `--sample N`";
const LISTS: &str = "a text with a comma needs quotes of its own: `--set 'name=\"a,b\"'`";

fn expand(name: &str, text: &str, part: &str) -> Result<Vec<String>, SweepError> {
    if part.is_empty() {
        return Err(SweepError::new(format!("`--set {name}={text}` has an empty value"), LISTS));
    }
    if Range::read(part).is_some() {
        let message = format!("`--set {name}={text}` has a range to draw from among other values");
        return Err(SweepError::new(message, "a range stands alone"));
    }
    let Some(numbers) = whole_numbers(part) else { return Ok(vec![part.to_owned()]) };
    if numbers.is_empty() {
        let message = format!("`--set {name}={text}`: {part} has no numbers");
        return Err(SweepError::new(message, "the smaller number comes first, and both ends count: `1..3`"));
    }
    if numbers.end().abs_diff(*numbers.start()) >= MOST_VALUES {
        let message = format!("`--set {name}={text}` has more than {MOST_VALUES} values");
        return Err(SweepError::new(message, RANGES));
    }
    Ok(numbers.map(|number| number.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        let listed =
            |values: &[&str]| Values::Listed(values.iter().map(|value| (*value).to_owned()).collect());
        for (text, expected) in [
            ("0.1", Values::One("0.1".into())),
            ("[16,32]", Values::One("[16,32]".into())),
            ("\"a,b\"", Values::One("\"a,b\"".into())),
            ("data/1..3", Values::One("data/1..3".into())),
            ("", Values::One(String::new())),
            ("0.1, 0.05,0.1", listed(&["0.1", "0.05"])),
            ("1..3,7", listed(&["1", "2", "3", "7"])),
            ("2..2", listed(&["2"])),
            ("[16],[32]", listed(&["[16]", "[32]"])),
            ("int(1,8)", Values::Drawn(Range::Int(1, 8))),
        ] {
            assert_eq!(Values::read("x", text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, expected) in [
            ("a,", "has an empty value"),
            ("3..1", "has no numbers"),
            ("1..1000000", "has more than 10000 values"),
            ("log(1)", "needs a lower and an upper bound"),
            ("log(1,2),3", "among other values"),
        ] {
            let message = Values::read("x", text).unwrap_err().message;
            assert!(message.contains(expected) && message.contains(text), "{message}");
        }
    }
}
