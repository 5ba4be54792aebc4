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
        Value::String(text) if text.bytes().all(|digit| digit == b'0') => "nothing there".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_reason_reads_as_a_clause() {
        let digest = |letter: &str| json!(letter.repeat(64));
        let table = [
            (Reason::NeverRun, "it has never run"),
            (
                Reason::KindVersionChanged { old: json!(1), new: json!(2) },
                "its kind works differently in this version of the program (1 → 2)",
            ),
            (
                Reason::ParamChanged { name: "lr".into(), old: json!(0.1), new: json!("0.1") },
                "lr was 0.1 and is now \"0.1\"",
            ),
            (Reason::ParamAdded { name: "nesterov".into(), new: json!(true) }, "nesterov is new: true"),
            (Reason::ParamRemoved { name: "flip".into(), old: json!([1, 2]) }, "flip was [1,2] and is gone"),
            (
                Reason::InputChanged {
                    name: "train".into(),
                    old: digest("a"),
                    new: json!([digest("b"), digest("c")]),
                },
                "the content of input train has changed (aaaaaaaa → bbbbbbbb,cccccccc)",
            ),
            (Reason::InputAdded { name: "val".into(), new: digest("a") }, "input val is new"),
            (Reason::InputRemoved { name: "val".into(), old: digest("a") }, "input val is gone"),
            (Reason::OutputAdded { name: "note".into() }, "output note is new"),
            (Reason::OutputRemoved { name: "note".into() }, "output note is gone"),
            (
                Reason::CommandChanged {
                    old: json!(["cat", "${inputs.a}"]),
                    new: json!(["tac", "${inputs.a}"]),
                },
                "the command was `cat ${inputs.a}` and is now `tac ${inputs.a}`",
            ),
            (
                Reason::EnvChanged { name: "HOME".into(), old: json!(null), new: json!("/root") },
                "environment variable HOME was not set and is now \"/root\"",
            ),
            (
                Reason::UpstreamStale { stage: "train".into() },
                "it depends on what train yields, which has to run first",
            ),
            (Reason::CacheMissing, "its result is no longer in the cache"),
            (Reason::Forced, "it is forced"),
            (Reason::Always, "it always runs, since it has `cache = false`"),
        ];
        for (given, expected) in table {
            assert_eq!(reason(&given), expected);
        }
    }

    #[test]
    fn in_short_own_reasons_come_first() {
        let upstream = Reason::UpstreamStale { stage: "train".into() };
        assert_eq!(in_short(&[]), None);
        assert_eq!(in_short(&[Reason::NeverRun, upstream.clone()]), Some("it has never run".into()));
        assert_eq!(in_short(std::slice::from_ref(&upstream)), Some(reason(&upstream)));
        assert_eq!(in_short(&[Reason::Forced, Reason::Always]), Some("it is forced, and 1 more".into()));
    }
}
