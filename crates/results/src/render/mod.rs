//! One table, five forms.

mod csv;
mod flat;
mod format;
mod html;
mod json;
mod markdown;
mod notes;
mod terminal;

pub use format::{Format, cell_text, legend, render};
