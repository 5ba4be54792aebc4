use crate::tree::{Fault, Place};
use spec::SpecError;

/// Something of the DVC project that the pipeline file does not say in the same way, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is not, or not quite, carried over.
    pub message: String,
    /// The file that says it.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// The way out, if something is left to do.
    pub hint: Option<String>,
}

/// What is to be told about an import, collected as it goes on.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub notes: Vec<Note>,
    pub errors: Vec<SpecError>,
}

impl Report {
    pub fn error(&mut self, error: Fault) {
        if !self.errors.contains(&error) {
            self.errors.push(*error);
        }
    }

    /// Notes something once.
    pub fn note(&mut self, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        let hint = hint.into();
        let note = Note {
            message: message.into(),
            file: place.source.name.clone(),
            line: place.line(),
            hint: (!hint.is_empty()).then_some(hint),
        };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}
