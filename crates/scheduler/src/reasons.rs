use crate::key::KeyDocument;
use proto::Reason;
use serde_json::Value;
use std::collections::BTreeMap;

/// Every difference between the key a stage last had and the one it has now.
///
/// `unknown_inputs` names inputs whose digest is not known yet, since a stage before them has to run first;
/// nothing is said about those.
pub fn differences(old: &KeyDocument, new: &KeyDocument, unknown_inputs: &[&str]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if old.kind != new.kind {
        let kind = |document: &KeyDocument| Value::from(document.kind.name());
        reasons.push(Reason::ParamChanged { name: "kind".into(), old: kind(old), new: kind(new) });
    } else if old.kind_version != new.kind_version {
        reasons
            .push(Reason::KindVersionChanged { old: old.kind_version.into(), new: new.kind_version.into() });
    }
    if (&old.command, old.shell) != (&new.command, new.shell) {
        let command = |document: &KeyDocument| document.command.clone().unwrap_or_default().into();
        reasons.push(Reason::CommandChanged { old: command(old), new: command(new) });
    }
    params(&old.params, &new.params, &mut reasons);
    env(&old.env, &new.env, &mut reasons);
    compare(&old.inputs, &new.inputs, |name, change| {
        if !unknown_inputs.contains(&name.as_str()) {
            let name = name.clone();
            reasons.push(match change {
                Change::Changed(old, new) => {
                    Reason::InputChanged { name, old: old.clone(), new: new.clone() }
                }
                Change::Added(new) => Reason::InputAdded { name, new: new.clone() },
                Change::Removed(old) => Reason::InputRemoved { name, old: old.clone() },
            });
        }
    });
    compare(&old.outputs, &new.outputs, |name, change| match change {
        Change::Added(_) => reasons.push(Reason::OutputAdded { name: name.clone() }),
        Change::Removed(_) => reasons.push(Reason::OutputRemoved { name: name.clone() }),
        Change::Changed(..) => {
            reasons.push(Reason::OutputRemoved { name: name.clone() });
            reasons.push(Reason::OutputAdded { name: name.clone() });
        }
    });
    reasons
}

/// Goes into nested tables, so that the one changed entry of `model` or `augment` is named, not the table.
fn params(old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>, reasons: &mut Vec<Reason>) {
    compare(&flattened(old), &flattened(new), |name, change| {
        let name = name.clone();
        reasons.push(match change {
            Change::Changed(old, new) => Reason::ParamChanged { name, old: old.clone(), new: new.clone() },
            Change::Added(new) => Reason::ParamAdded { name, new: new.clone() },
            Change::Removed(old) => Reason::ParamRemoved { name, old: old.clone() },
        });
    });
}

fn env(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>, reasons: &mut Vec<Reason>) {
    let value = |text: &String| Value::from(text.as_str());
    compare(old, new, |name, change| {
        let (old, new) = match change {
            Change::Changed(old, new) => (value(old), value(new)),
            Change::Added(new) => (Value::Null, value(new)),
            Change::Removed(old) => (value(old), Value::Null),
        };
        reasons.push(Reason::EnvChanged { name: name.clone(), old, new });
    });
}

fn flattened(params: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    fn descend(prefix: &str, value: &Value, flat: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    descend(&format!("{prefix}.{key}"), value, flat);
                }
            }
            _ => {
                flat.insert(prefix.into(), value.clone());
            }
        }
    }
    let mut flat = BTreeMap::new();
    for (name, value) in params {
        descend(name, value, &mut flat);
    }
    flat
}

enum Change<'a, T> {
    Changed(&'a T, &'a T),
    Added(&'a T),
    Removed(&'a T),
}

fn compare<'a, T: PartialEq>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
    mut report: impl FnMut(&'a String, Change<'a, T>),
) {
    for (name, old_value) in old {
        match new.get(name) {
            Some(new_value) if new_value != old_value => report(name, Change::Changed(old_value, new_value)),
            Some(_) => {}
            None => report(name, Change::Removed(old_value)),
        }
    }
    for (name, new_value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        report(name, Change::Added(new_value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use spec::Kind;

    fn document() -> KeyDocument {
        KeyDocument {
            format: 1,
            kind: Kind::Train,
            kind_version: 1,
            params: BTreeMap::from([
                ("lr".into(), json!(0.1)),
                ("model".into(), json!({"l2": 1e-4, "stages": [1]})),
            ]),
            command: None,
            shell: false,
            env: BTreeMap::new(),
            inputs: BTreeMap::from([("train".into(), json!("aa"))]),
            outputs: BTreeMap::from([("weights".into(), "weights.safetensors".into())]),
        }
    }

    fn after(edit: impl FnOnce(&mut KeyDocument)) -> Vec<Reason> {
        let mut new = document();
        edit(&mut new);
        differences(&document(), &new, &[])
    }

    #[test]
    fn every_part_of_the_document_has_its_reason() {
        let name = |name: &str| name.to_string();
        let cases: Vec<(Vec<Reason>, Reason)> = vec![
            (
                after(|new| drop(new.params.insert("lr".into(), json!(0.05)))),
                Reason::ParamChanged { name: name("lr"), old: json!(0.1), new: json!(0.05) },
            ),
            (
                after(|new| drop(new.params.insert("model".into(), json!({"l2": 5e-4, "stages": [1]})))),
                Reason::ParamChanged { name: name("model.l2"), old: json!(1e-4), new: json!(5e-4) },
            ),
            (
                after(|new| drop(new.params.insert("lr".into(), json!("0.1")))),
                Reason::ParamChanged { name: name("lr"), old: json!(0.1), new: json!("0.1") },
            ),
            (
                after(|new| drop(new.params.insert("seed".into(), json!(1)))),
                Reason::ParamAdded { name: name("seed"), new: json!(1) },
            ),
            (
                after(|new| drop(new.params.remove("lr"))),
                Reason::ParamRemoved { name: name("lr"), old: json!(0.1) },
            ),
            (
                after(|new| drop(new.inputs.insert("train".into(), json!("bb")))),
                Reason::InputChanged { name: name("train"), old: json!("aa"), new: json!("bb") },
            ),
            (
                after(|new| drop(new.inputs.insert("val".into(), json!("cc")))),
                Reason::InputAdded { name: name("val"), new: json!("cc") },
            ),
            (after(|new| new.inputs.clear()), Reason::InputRemoved { name: name("train"), old: json!("aa") }),
            (
                after(|new| drop(new.outputs.insert("more".into(), "m".into()))),
                Reason::OutputAdded { name: name("more") },
            ),
            (after(|new| new.outputs.clear()), Reason::OutputRemoved { name: name("weights") }),
            (
                after(|new| drop(new.env.insert("HOME".into(), "/".into()))),
                Reason::EnvChanged { name: name("HOME"), old: json!(null), new: json!("/") },
            ),
            (
                after(|new| new.command = Some(vec!["a".into()])),
                Reason::CommandChanged { old: json!([]), new: json!(["a"]) },
            ),
            (after(|new| new.kind_version = 2), Reason::KindVersionChanged { old: json!(1), new: json!(2) }),
        ];
        for (found, expected) in cases {
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn different_documents_have_different_keys_and_reasons() {
        assert!(differences(&document(), &document(), &[]).is_empty());
        let mut one = document();
        one.params.insert("lr".into(), json!(1));
        let mut one_float = document();
        one_float.params.insert("lr".into(), json!(1.0));
        assert_ne!(one.digest(), one_float.digest());
        assert_eq!(differences(&one, &one_float, &[]).len(), 1);
    }

    #[test]
    fn nothing_is_said_of_inputs_that_are_not_known_yet() {
        let mut new = document();
        new.inputs.insert("train".into(), json!([]));
        assert!(differences(&document(), &new, &["train"]).is_empty());
    }
}
