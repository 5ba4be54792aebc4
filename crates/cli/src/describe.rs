use proto::Reason;
use serde_json::Value;

/// A reason as a clause that says why a stage runs: `lr was 0.1 and is now 0.05`.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::NeverRun => "it has never run".to_owned(),
        Reason::KindVersionChanged { old, new } => {
            format!("its kind works differently in this version of the program ({old} → {new})")
        }
        Reason::ParamChanged { name, old, new } => format!("{name} was {old} and is now {new}"),
        Reason::ParamAdded { name, new } => format!("{name} is new: {new}"),
        Reason::ParamRemoved { name, old } => format!("{name} was {old} and is gone"),
        Reason::InputChanged { name, old, new } => {
            format!("the content of input {name} has changed ({} → {})", digest(old), digest(new))
        }
        Reason::InputAdded { name, .. } => format!("input {name} is new"),
        Reason::InputRemoved { name, .. } => format!("input {name} is gone"),
        Reason::OutputAdded { name } => format!("output {name} is new"),
        Reason::OutputRemoved { name } => format!("output {name} is gone"),
        Reason::CommandChanged { old, new } => {
            format!("the command was `{}` and is now `{}`", command(old), command(new))
        }
        Reason::EnvChanged { name, old, new } => {
            format!("environment variable {name} was {} and is now {}", variable(old), variable(new))
        }
        Reason::UpstreamStale { stage } => {
            format!("it depends on what {stage} yields, which has to run first")
        }
        Reason::CacheMissing => "its result is no longer in the cache".to_owned(),
        Reason::Forced => "it is forced".to_owned(),
        Reason::Always => "it always runs, since it has `cache = false`".to_owned(),
    }
}

/// All reasons in as many words as a line has room for: the first, and how many more there are. That a stage
/// before it runs is worth a word only if nothing else is known.
pub fn in_short(reasons: &[Reason]) -> Option<String> {
    let own: Vec<&Reason> =
        reasons.iter().filter(|reason| !matches!(reason, Reason::UpstreamStale { .. })).collect();
    let counted = if own.is_empty() { reasons.iter().collect() } else { own };
    let (first, rest) = counted.split_first()?;
    let first = reason(first);
    Some(if rest.is_empty() { first } else { format!("{first}, and {} more", rest.len()) })
}

/// The first digits of a digest, or of each in a list.
fn digest(value: &Value) -> String {
    const SHOWN: usize = 8;
    match value {
        Value::String(text) => text.chars().take(SHOWN).collect(),
        Value::Array(parts) => parts.iter().map(digest).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn command(value: &Value) -> String {
    match value {
        Value::Array(words) => words.iter().map(command).collect::<Vec<_>>().join(" "),
        Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}

fn variable(value: &Value) -> String {
    if value.is_null() { "not set".to_owned() } else { value.to_string() }
}
