use super::{DatasetParams, DecayTrainParams, EvaluateParams, FetchParams, Kind, MeansParams, TrainParams};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// A stage's typed parameters with defaults filled in.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// What is part of the key.
    pub params: BTreeMap<String, Value>,
    /// What the worker gets and the key does not.
    pub hints: BTreeMap<String, Value>,
    /// What fits the types but not together.
    pub faults: Vec<Fault>,
}

/// Something wrong between a stage's parameters.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    /// The path of the field that is to blame.
    pub field: Vec<&'static str>,
    pub message: String,
    pub hint: Option<&'static str>,
    /// It is a fault only of a stage that has no such input.
    pub without_input: Option<&'static str>,
}

impl Fault {
    pub fn new(field: &[&'static str], message: impl Into<String>) -> Self {
        Self { field: field.to_vec(), message: message.into(), hint: None, without_input: None }
    }

    pub fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub fn without_input(self, input: &'static str) -> Self {
        Self { without_input: Some(input), ..self }
    }
}

/// The parameters of one kind.
pub(crate) trait Parameters: Serialize + DeserializeOwned {
    /// What fits the types but not together.
    fn faults(&self) -> Vec<Fault> {
        Vec::new()
    }

    /// The fields that do not change the results.
    fn hints(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Reads the fields of a stage into the kind's struct, and writes them out again as parameters and hints.
pub(crate) fn settle(kind: Kind, fields: Value) -> serde_json::Result<Settled> {
    match kind {
        Kind::Fetch => settle_as::<FetchParams>(fields),
        Kind::Dataset => settle_as::<DatasetParams>(fields),
        Kind::Means => settle_as::<MeansParams>(fields),
        Kind::Train => settle_as::<TrainParams>(fields),
        Kind::DecayTrain => settle_as::<DecayTrainParams>(fields),
        Kind::Evaluate => settle_as::<EvaluateParams>(fields),
        // What a command takes depends on what its `run` refers to.
        Kind::Command => Ok(Settled::default()),
    }
}

fn settle_as<T: Parameters>(fields: Value) -> serde_json::Result<Settled> {
    let typed: T = serde_json::from_value(fields)?;
    let all: BTreeMap<String, Value> = serde_json::from_value(serde_json::to_value(&typed)?)?;
    let (hints, params) = all.into_iter().partition(|(name, _)| typed.hints().contains(&name.as_str()));
    Ok(Settled { params, hints, faults: typed.faults() })
}
