use super::notes::{cell_text, legend};
use crate::table::{ColumnRole, ResultsTable};

/// A pipe table, padded so that it also reads well as text; the best values in bold.
pub(super) fn render(table: &ResultsTable) -> String {
    let escape = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ");
    let heading: Vec<String> = table.columns.iter().map(|column| escape(&column.label)).collect();
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| {
            let cells = row.cells.iter().zip(&table.columns);
            cells
                .map(|(cell, column)| escape(&cell_text(cell, column.role, |text| format!("**{text}**"))))
                .collect()
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
    let notes = legend(table, "**bold**");
    if !notes.is_empty() {
        lines.push(String::new());
        lines.push(notes.join(" · "));
    }
    lines.join("\n") + "\n"
}

fn line(cells: &[String], widths: &[usize], is_number: impl Fn(usize) -> bool) -> String {
    let padded = cells.iter().zip(widths).enumerate().map(|(at, (cell, width))| match is_number(at) {
        true => format!("{cell:>width$}"),
        false => format!("{cell:<width$}"),
    });
    format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
}
