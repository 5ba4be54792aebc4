use crate::{
    error::{Errors, SpecError},
    nearest::nearest,
    source::{Sources, Span},
};
use std::collections::HashSet;

/// Collects what is wrong while a file is read, so that all of it can be told at once.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    pub sources: Sources,
    found: Vec<Diagnostic>,
}

/// One thing that is wrong, before its position is worked out.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Clone)]
pub(crate) struct Diagnostic {
    span: Span,
    message: String,
    hints: Vec<String>,
}

/// Looking for the nearest name is slow in a file of many thousand names, and nobody reads that far.
const MOST_SUGGESTIONS: usize = 100;

impl Diagnostics {
    pub fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let index = self.found.len();
        self.found.push(Diagnostic { span, message: message.into(), hints: Vec::new() });
        &mut self.found[index]
    }

    /// An error about a name that is not among the known ones. It hints at the nearest.
    pub fn misspelt<'a>(
        &mut self,
        span: Span,
        message: impl Into<String>,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> &mut Diagnostic {
        let nearest = if self.found.len() < MOST_SUGGESTIONS { nearest(name, known) } else { None };
        let diagnostic = self.error(span, message);
        diagnostic.hints.extend(nearest.map(|nearest| format!("did you mean `{nearest}`?")));
        diagnostic
    }

    /// Like [`Self::misspelt`], but lists the known names if none is near.
    pub fn unknown_name<'a>(
        &mut self,
        span: Span,
        message: impl Into<String>,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> &mut Diagnostic {
        let diagnostic = self.misspelt(span, message, name, known.clone());
        if diagnostic.hints.is_empty() {
            diagnostic.hints.extend(listed(known));
        }
        diagnostic
    }

    /// Adds a hint to all errors but the first `count`, unless they are within `span` anyway.
    pub fn hint_outside(&mut self, span: Span, count: usize, hint: &str) {
        for diagnostic in self.found.iter_mut().skip(count).filter(|found| !span.contains(found.span)) {
            diagnostic.hint(hint);
        }
    }

    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The errors in the order of the sources; one that several matrix cells share is told once.
    pub fn into_errors(mut self) -> Option<Errors> {
        let mut seen = HashSet::new();
        self.found.retain(|diagnostic| seen.insert(diagnostic.clone()));
        self.found.sort();
        let errors: Vec<_> = self.found.drain(..).map(|found| found.locate(&self.sources)).collect();
        (!errors.is_empty()).then(|| Errors::new(errors))
    }
}

impl Diagnostic {
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hints: Vec::new() }
    }

    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hints.push(hint.into());
        self
    }

    pub fn locate(self, sources: &Sources) -> SpecError {
        let Self { span, message, hints } = self;
        match sources.locate(span) {
            Some(location) => SpecError::at(&location, message, hints),
            None => SpecError::without_position(String::new(), message, hints),
        }
    }
}

fn listed<'a>(known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    const MOST_LISTED: usize = 12;
    let names: Vec<_> = known.clone().take(MOST_LISTED).map(|name| format!("`{name}`")).collect();
    let and_more = if known.clone().nth(MOST_LISTED).is_some() { ", …" } else { "" };
    (!names.is_empty()).then(|| format!("the known names are {}{and_more}", names.join(", ")))
}
