use crate::{Digest, Stamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

/// What a key produced: the entry that a cache hit finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// [`crate::FORMAT`] of the writer.
    pub format: u32,
    /// The key's digest.
    pub key: Digest,
    /// What the key is the digest of.
    pub key_document: Value,
    /// The outputs by name.
    pub outputs: BTreeMap<String, StoredOutput>,
    /// What its `metrics` output held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Value>,
    /// How long the execution took.
    pub seconds: f64,
    /// When it ended, RFC 3339 in UTC.
    pub finished: String,
    /// The run that executed it.
    pub run: String,
    /// Device, versions and the like.
    #[serde(default)]
    pub provenance: BTreeMap<String, String>,
    /// What the processes printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<StoredOutput>,
    /// The checkpoints of a training that later ones may go on from, by the digests in their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checkpoints: Vec<Digest>,
    /// Those that it has passed since, which only save time if one like it is stopped early.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_checkpoints: Vec<Digest>,
    /// Of the file that it was read from or written to.
    #[serde(skip)]
    pub stamp: Option<Stamp>,
}

/// An output in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOutput {
    /// The digest of its content.
    pub digest: Digest,
    /// Bytes; of a folder, those of all its files.
    pub size: u64,
    /// Whether it is a folder.
    #[serde(default)]
    pub is_directory: bool,
    /// Whether it is a file that may be executed.
    #[serde(default)]
    pub executable: bool,
    /// Its file name, relative to the stage's folder under `results/`.
    pub file: String,
}

impl StoredOutput {
    /// Whether its file lies below the folder that results are placed in. Whatever else lies where it is placed
    /// is removed, so a record that names another place must never be acted on.
    pub(crate) fn stays_inside(&self) -> bool {
        let mut components = Path::new(&self.file).components().peekable();
        components.peek().is_some() && components.all(|component| matches!(component, Component::Normal(_)))
    }
}

/// What a stage has made and [`crate::Claim::commit`] is to record.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// What the key is the digest of.
    pub key_document: Value,
    /// For each output its name, where it lies now, and its file name under `results/`.
    pub outputs: Vec<(String, PathBuf, String)>,
    /// What its `metrics` output held.
    pub metrics: Option<Value>,
    /// How long it took.
    pub seconds: f64,
    /// When it ended, RFC 3339 in UTC.
    pub finished: String,
    /// The run that executed it.
    pub run: String,
    /// Device, versions and the like.
    pub provenance: BTreeMap<String, String>,
    /// What the processes printed, copied from there.
    pub log: Option<PathBuf>,
    /// [`ActionRecord::checkpoints`].
    pub checkpoints: Vec<Digest>,
    /// [`ActionRecord::passed_checkpoints`].
    pub passed_checkpoints: Vec<Digest>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stays_inside_unless_its_path_leads_out() {
        let stays_inside = |file: &str| {
            let file = file.to_owned();
            StoredOutput { digest: Digest::of(b""), size: 0, is_directory: false, executable: false, file }
                .stays_inside()
        };
        for file in ["o", "o.txt", "deep/o", "..o"] {
            assert!(stays_inside(file), "{file}");
        }
        for file in ["", "/", "/o", ".", "..", "../o", "deep/../../o", "deep/.."] {
            assert!(!stays_inside(file), "{file}");
        }
    }
}
