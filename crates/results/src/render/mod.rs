//! One table, five forms.

mod csv;
mod flat;
mod html;
mod json;
mod markdown;
mod notes;
mod terminal;

use crate::{error::CompareError, table::ResultsTable};

/// The form of a rendered table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns, turned or cut into blocks where it would be wider than `width` characters.
    Terminal {
        /// Characters a line.
        width: usize,
    },
    /// Comma-separated values, numbers unrounded.
    Csv,
    /// A table that pastes well into a pull request.
    Markdown,
    /// `{"columns":[…],"rows":[…]}`, numbers unrounded.
    Json,
    /// One self-contained page with a sortable table.
    Html,
}

/// Text in the given form, ending in a line break.
pub fn render(table: &ResultsTable, format: Format) -> Result<String, CompareError> {
    match format {
        Format::Terminal { width } => Ok(terminal::render(table, width)),
        Format::Csv => csv::render(table),
        Format::Markdown => Ok(markdown::render(table)),
        Format::Json => json::render(table),
        Format::Html => Ok(html::render(table)),
    }
}
