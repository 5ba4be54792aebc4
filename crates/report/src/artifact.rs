use crate::{confusion::Confusion, curve::Curve};
use serde::Serialize;
use std::{fs, io};
use store::{Digest, Store};

/// What the page draws of an output in the store, or why it cannot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub(crate) enum Artifact {
    /// The history of a training.
    Curve(Curve),
    /// The confusion matrix of an evaluation.
    Confusion(Confusion),
    /// It is no longer in the store.
    Gone,
    /// It is there and cannot be used.
    Unreadable {
        /// What is wrong with it.
        problem: String,
    },
}

/// The outputs that the page draws, by their names, whatever the kind of the stage.
pub(crate) const HISTORY: &str = "history";
pub(crate) const CONFUSION: &str = "confusion";

/// Reads an output of that name by its digest.
pub(crate) fn read(store: &Store, output: &str, digest: &str) -> Artifact {
    let unreadable = |problem: String| Artifact::Unreadable { problem };
    let Ok(expected) = digest.parse::<Digest>() else {
        return unreadable(format!("`{digest}` is not a digest"));
    };
    let bytes = match fs::read(store.object_path(&expected)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Artifact::Gone,
        Err(error) => return unreadable(error.to_string()),
    };
    if Digest::of(&bytes) != expected {
        return unreadable("it is damaged; `pipeline verify` says more".to_owned());
    }
    let read = match output {
        HISTORY => Curve::from_history(&bytes).map(Artifact::Curve),
        _ => Confusion::from_csv(&bytes).map(Artifact::Confusion),
    };
    read.unwrap_or_else(unreadable)
}
