use crate::Digest;
use std::{collections::BTreeSet, path::PathBuf, time::Duration};

/// What a collection keeps, beside what stages at work need.
///
/// What is named is kept in any case. What is not is kept only if limits are set and it is within all of
/// them.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    /// Keys whose actions are kept, with all that they produced. A failed stage's folder is kept by its
    /// key, too.
    pub keys: BTreeSet<Digest>,
    /// Runs: what they have executed is kept like what `keys` names. One that was killed has filed no keys.
    pub runs: BTreeSet<String>,
    /// Objects.
    pub objects: BTreeSet<Digest>,
    /// Whether checkpoints stay that an action which stays may be extended from, and those of trainings that have not
    /// come to their end.
    pub spares_checkpoints: bool,
    /// Records of what is no more; they go in any case.
    pub forgotten: Vec<PathBuf>,
    /// A limit: younger than this.
    pub younger_than: Option<Duration>,
    /// A limit: from the newest on, as long as all that is kept has at most so many bytes.
    pub within_bytes: Option<u64>,
}

impl Roots {
    pub(crate) fn has_limits(&self) -> bool {
        self.younger_than.is_some() || self.within_bytes.is_some()
    }
}
