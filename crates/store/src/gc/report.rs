use std::path::PathBuf;

/// What a collection has removed, or would remove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Item by item, in the order in which they go.
    pub removed: Vec<GcItem>,
    /// The bytes of objects, checkpoints and stage folders that stay.
    pub kept_bytes: u64,
}

impl GcReport {
    /// The bytes of all that goes.
    pub fn removed_bytes(&self) -> u64 {
        self.removed.iter().map(|item| item.bytes).sum()
    }
}

/// One file or folder that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcItem {
    /// What it is.
    pub kind: GcItemKind,
    /// Its name: a digest, a checkpoint's name, a file name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size, a folder's with all that is in it.
    pub bytes: u64,
}

/// What a removed item was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GcItemKind {
    /// What a key produced: the record, not the content.
    Action,
    /// A record that the caller has called forgotten.
    Forgotten,
    /// A checkpoint of a training.
    Checkpoint,
    /// The folder of a stage that failed or was killed.
    Stage,
    /// An object that failed verification, or a record that cannot be read.
    Damaged,
    /// What a killed process left half done.
    Temporary,
    /// Content that no action names.
    Object,
}
