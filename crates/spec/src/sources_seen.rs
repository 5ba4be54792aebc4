use crate::{declared::Declared, source::Span};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// The paths outside the pipeline that stages read, each with the first place that names it.
#[derive(Default)]
pub(crate) struct SourcesSeen<'a> {
    seen: HashMap<PathBuf, (Span, &'a Declared<'a>)>,
}

impl<'a> SourcesSeen<'a> {
    pub fn note(&mut self, path: &Path, span: Span, stage: &'a Declared<'a>) {
        if !self.seen.contains_key(path) {
            self.seen.insert(path.to_owned(), (span, stage));
        }
    }

    /// The paths that do not exist below the root.
    pub fn missing(self, root: &Path) -> Vec<(PathBuf, Span, &'a Declared<'a>)> {
        let missing = self.seen.into_iter().filter(|(path, _)| !root.join(path).exists());
        missing.map(|(path, (span, stage))| (path, span, stage)).collect()
    }
}
