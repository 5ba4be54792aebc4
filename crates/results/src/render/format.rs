use super::{csv, html, json, markdown, notes, terminal};
use crate::{
    error::CompareError,
    table::{Cell, ColumnRole, ResultsTable},
};

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

/// The text of a cell for people, without a mark for the best: `97.33 %`, `~ 97.1 ± 0.2 % (3) [−0.21]`.
pub fn cell_text(cell: &Cell, role: ColumnRole) -> String {
    notes::cell_text(cell, role, |text| text)
}

/// What the marks in a table mean, one line each; `best` is how the best value is marked.
pub fn legend(table: &ResultsTable, best: &str) -> Vec<String> {
    notes::legend(table, best)
}
