use crate::source::{Location, Sources, Span};
use serde::Serialize;
use std::{fmt, ops::Range};

/// All that is wrong with a pipeline file, in the order of the file. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Errors(Vec<SpecError>);

/// One thing that is wrong with a pipeline file, and where. Its `Display` shows the line with a caret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpecError {
    /// What is wrong.
    pub message: String,
    /// The pipeline file as it was named, or `--set`.
    pub file: String,
    /// Counted from 1; 0 if the file could not be read at all.
    pub line: usize,
    /// Counted in characters from 1; 0 if the file could not be read at all.
    pub column: usize,
    /// Ways out.
    pub hints: Vec<String>,
    /// The line of the file, shortened around the culprit if it is long.
    #[serde(skip)]
    pub snippet: String,
    /// How many characters of `snippet` come before the culprit.
    #[serde(skip)]
    pub indent: usize,
    /// How many characters of `snippet` are the culprit.
    #[serde(skip)]
    pub width: usize,
}

/// Longer lines are shown only around the culprit.
const SNIPPET_WIDTH: usize = 120;
/// How much of a long line is shown before the culprit.
const SNIPPET_LEAD: usize = 40;

impl SpecError {
    /// An error about the file as a whole.
    pub(crate) fn without_position(file: String, message: String, hints: Vec<String>) -> Self {
        Self { message, file, line: 0, column: 0, hints, snippet: String::new(), indent: 0, width: 0 }
    }

    /// An error about a part of another text than a pipeline file, such as one that is made into one. `range` is
    /// in bytes of `text`, which is called `file`.
    pub fn in_text(file: &str, text: &str, range: Range<usize>, message: String, hints: Vec<String>) -> Self {
        let mut sources = Sources::default();
        let source = sources.add(file, text);
        match sources.locate(Span { source, start: range.start, end: range.end }) {
            Some(location) => Self::at(&location, message, hints),
            None => Self::without_position(file.to_owned(), message, hints),
        }
    }

    pub(crate) fn at(location: &Location<'_>, message: String, hints: Vec<String>) -> Self {
        let before = location.column - 1;
        let is_long = location.line_text.chars().nth(SNIPPET_WIDTH).is_some();
        let skipped = if is_long { before.saturating_sub(SNIPPET_LEAD) } else { 0 };
        // Control characters, tabs among them, would put the caret under the wrong place.
        let snippet = (location.line_text.chars().skip(skipped).take(SNIPPET_WIDTH))
            .map(|character| if character.is_control() { ' ' } else { character })
            .collect::<String>();
        Self {
            message,
            file: location.source.to_owned(),
            line: location.line,
            column: location.column,
            hints,
            snippet,
            indent: before - skipped,
            width: location.width.min(SNIPPET_WIDTH - (before - skipped).min(SNIPPET_WIDTH - 1)),
        }
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.message)?;
        if self.line == 0 {
            write!(formatter, "\n --> {}", self.file)?;
        } else {
            let line = self.line.to_string();
            let margin = " ".repeat(line.len());
            write!(formatter, "\n{margin}--> {}:{line}:{}", self.file, self.column)?;
            write!(formatter, "\n{margin} |\n{line} | {}", self.snippet)?;
            write!(formatter, "\n{margin} | {}{}", " ".repeat(self.indent), "^".repeat(self.width))?;
        }
        for hint in &self.hints {
            write!(formatter, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SpecError {}

impl Errors {
    pub(crate) fn new(errors: Vec<SpecError>) -> Self {
        Self(errors)
    }

    /// These and more of one file, in its order; those that are not about this file come last.
    pub(crate) fn with(mut self, more: Vec<SpecError>) -> Self {
        let own_file = more.first().map(|error| error.file.clone());
        let (mut own, others): (Vec<_>, Vec<_>) =
            self.0.drain(..).chain(more).partition(|error| Some(&error.file) == own_file.as_ref());
        own.sort_by_key(|error| (error.line, error.column));
        own.extend(others);
        Self(own)
    }

    /// Every error, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, SpecError> {
        self.0.iter()
    }

    /// The first error.
    pub fn first(&self) -> Option<&SpecError> {
        self.0.first()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl<'a> IntoIterator for &'a Errors {
    type Item = &'a SpecError;
    type IntoIter = std::slice::Iter<'a, SpecError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Errors {
    type Item = SpecError;
    type IntoIter = std::vec::IntoIter<SpecError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<SpecError> for Errors {
    fn from(error: SpecError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n\n")?;
            }
            write!(formatter, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}
