use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use store::Digest;

/// The content that each source had when it was asked for.
#[derive(Default)]
pub(crate) struct SourcesSeen {
    /// `None` for one that had another content the next time.
    digests: RefCell<BTreeMap<PathBuf, Option<Digest>>>,
}

impl SourcesSeen {
    pub fn note(&self, path: &Path, digest: Digest) {
        let mut digests = self.digests.borrow_mut();
        match digests.get_mut(path) {
            Some(known) if *known == Some(digest) => {}
            Some(known) => *known = None,
            None => drop(digests.insert(path.to_owned(), Some(digest))),
        }
    }

    /// All of them, if none has changed.
    pub fn unchanged(&self) -> Option<Vec<(PathBuf, Digest)>> {
        self.digests.borrow().iter().map(|(path, digest)| Some((path.clone(), (*digest)?))).collect()
    }
}
