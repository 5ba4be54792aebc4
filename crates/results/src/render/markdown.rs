use super::notes::{cell_text, legend};
use crate::table::{Cell, ColumnRole, ResultsTable};

/// A pipe table, padded so that it also reads well as text; the best values in bold.
pub(super) fn render(table: &ResultsTable) -> String {
    let heading: Vec<String> = table.columns.iter().map(|column| escape(&column.label)).collect();
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| {
            let cells = row.cells.iter().zip(&table.columns);
            cells.map(|(cell, column)| cell_of(cell, column.role)).collect()
        })
        .collect();
    let widths: Vec<usize> = (0..heading.len())
        .map(|at| rows.iter().chain([&heading]).map(|row| row[at].chars().count()).max().unwrap_or(0).max(3))
        .collect();
    let is_number = |at: usize| matches!(table.columns[at].role, ColumnRole::Metric { .. });
    let rule = (0..widths.len()).map(|at| match is_number(at) {
        true => format!("{}:", "-".repeat(widths[at] - 1)),
        false => "-".repeat(widths[at]),
    });
    let mut lines =
        vec![line(&heading, &widths, is_number), line(&rule.collect::<Vec<_>>(), &widths, |_| false)];
    lines.extend(rows.iter().map(|row| line(row, &widths, is_number)));
    const BEST: &str = "**bold**";
    let mark = |note: String| if note.starts_with(BEST) { note } else { escape(&note) };
    let notes: Vec<String> = legend(table, BEST).into_iter().map(mark).collect();
    if !notes.is_empty() {
        lines.push(String::new());
        lines.push(notes.join(" · "));
    }
    lines.join("\n") + "\n"
}

/// What is written in bold here is no text of others'.
fn cell_of(cell: &Cell, role: ColumnRole) -> String {
    match cell {
        Cell::Metric(_) => cell_text(cell, role, |text| format!("**{text}**")),
        Cell::Setting(_) | Cell::Empty => escape(&cell_text(cell, role, |text| text)),
    }
}

/// Text that means itself: no end of a cell, no emphasis, no code and no tag. An underscore within a word means nothing
/// and stays, since most names have some.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    let letters: Vec<char> = text.chars().collect();
    let is_word = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphanumeric());
    for (at, &letter) in letters.iter().enumerate() {
        let is_within_word = is_word(at.checked_sub(1)) && is_word(Some(at + 1));
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '\\' | '|' | '<' | '*' | '`' => escaped.extend(['\\', letter]),
            '_' if !is_within_word => escaped.push_str("\\_"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn line(cells: &[String], widths: &[usize], is_number: impl Fn(usize) -> bool) -> String {
    let padded = cells.iter().zip(widths).enumerate().map(|(at, (cell, width))| match is_number(at) {
        true => format!("{cell:>width$}"),
        false => format!("{cell:<width$}"),
    });
    format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
}
