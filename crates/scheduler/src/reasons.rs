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
        reasons.push(Reason::KindVersionChanged { old: old.kind_version.into(), new: new.kind_version.into() });
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
                Change::Changed(old, new) => Reason::InputChanged { name, old: old.clone(), new: new.clone() },
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

fn env(old: &BTreeMap<String, Option<String>>, new: &BTreeMap<String, Option<String>>, reasons: &mut Vec<Reason>) {
    let value = |value: &Option<String>| value.as_ref().map_or(Value::Null, |text| text.as_str().into());
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
