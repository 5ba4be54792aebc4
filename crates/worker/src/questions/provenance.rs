use serde_json::{Value, json};
use spec::kinds::TrainingParams;
use std::collections::BTreeMap;

/// How weights came about, as the training that saved them says. What it did not say is null.
pub(super) struct Provenance {
    /// The parameters that change the numbers of an epoch.
    pub(super) training: Value,
    /// One an epoch.
    pub(super) learning_rates: Value,
    /// The epoch, from 0, that was kept as the best.
    pub(super) kept_epoch: Value,
    /// The digest of all that led to them.
    pub(super) trajectory: Value,
}

/// Settings that are named though they may be the defaults.
const ALWAYS: [&str; 2] = ["batch_size", "seed"];

impl Provenance {
    /// Reads it from the metadata of a weights file.
    pub(super) fn of(metadata: &BTreeMap<String, String>) -> Self {
        let field = |name: &str| {
            let text = metadata.get(name);
            text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        };
        Self {
            training: field("training"),
            learning_rates: field("learning_rates"),
            kept_epoch: field("kept_epoch"),
            trajectory: field("trajectory"),
        }
    }

    /// One short line each, of what is known.
    pub(super) fn facts(&self) -> impl Iterator<Item = (&'static str, String)> {
        let kept =
            self.kept_epoch.as_u64().map(|epoch| format!("as the best: epoch {epoch}, counted from 0"));
        let trajectory = self.trajectory.as_str().map(str::to_owned);
        [("training", self.settings()), ("epochs", self.epochs()), ("kept", kept), ("trajectory", trajectory)]
            .into_iter()
            .filter_map(|(name, fact)| Some((name, fact?)))
    }

    /// The settings other than the network that are not the defaults.
    fn settings(&self) -> Option<String> {
        let fields = self.training.as_object()?;
        let bare = json!({ "model": fields.get("model")? });
        let defaults = serde_json::from_value::<TrainingParams>(bare).ok().map(|bare| json!(bare))?;
        let is_told = |name: &str, value: &Value| {
            name != "model" && (ALWAYS.contains(&name) || defaults.get(name) != Some(value))
        };
        let told = fields.iter().filter(|(name, value)| is_told(name, value));
        Some(told.map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", "))
    }

    /// How many, and between which learning rates.
    fn epochs(&self) -> Option<String> {
        let rates: Vec<f64> = self.learning_rates.as_array()?.iter().filter_map(Value::as_f64).collect();
        let (first, last) = (rates.first()?, rates.last()?);
        let lr = if rates.iter().all(|rate| rate == first) {
            format!("learning rate {first}")
        } else {
            format!("learning rate {first} in the first, {last} in the last")
        };
        Some(format!("{}, {lr}", rates.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(metadata: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let metadata = metadata.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Provenance::of(&metadata.collect()).facts().collect()
    }

    #[test]
    fn what_is_known_is_told_in_a_line_each() {
        let training = r#"{"model":{"stages":[1],"filters":[4,4]},"batch_size":64,"seed":7,"momentum":0.9,"nesterov":true}"#;
        let told = facts(&[
            ("training", training),
            ("learning_rates", "[0.1,0.1,0.01]"),
            ("kept_epoch", "2"),
            ("trajectory", "\"ab\""),
        ]);
        let line = |name: &'static str, fact: &str| (name, fact.to_owned());
        assert_eq!(
            told,
            [
                line("training", "batch_size = 64, nesterov = true, seed = 7"),
                line("epochs", "3, learning rate 0.1 in the first, 0.01 in the last"),
                line("kept", "as the best: epoch 2, counted from 0"),
                line("trajectory", "ab"),
            ]
        );
        assert_eq!(facts(&[("learning_rates", "[0.1,0.1]")]), [line("epochs", "2, learning rate 0.1")]);
        assert_eq!(facts(&[("format", "pt")]), []);
    }
}
