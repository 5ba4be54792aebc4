use super::notes::{cell_text, legend};
use crate::{
    format::printable,
    table::{Cell, Column, ColumnRole, ResultsTable},
};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// Nothing but a rule under the heading.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Aligned text no wider than `width`: as it is if it fits, else with its columns closer together, else turned,
/// experiments side by side and as many of them as fit in each block.
pub(super) fn render(table: &ResultsTable, width: usize) -> String {
    let grid = grid(table);
    match table.candidates {
        _ if grid.len() > 1 => {}
        0 => return "no finished run to compare\n".to_owned(),
        count => return format!("no experiment meets the conditions; without them there are {count}\n"),
    }
    let upright = |gap| lay_out(&grid, |column| is_number(table, column), gap, None);
    let body = [GAP, 1, 0].into_iter().map(upright).find(|text| fits(text, width));
    let body = body.unwrap_or_else(|| turned_blocks(&grid, width));
    let notes: Vec<String> = legend(table, "*").iter().map(|note| printable(note)).collect();
    if notes.is_empty() {
        return body;
    }
    let line = notes.join(" · ");
    let notes = if fits(&line, width) { line } else { notes.join("\n") };
    format!("{body}\n{notes}\n")
}

fn is_number(table: &ResultsTable, column: usize) -> bool {
    matches!(table.columns[column].role, ColumnRole::Metric { .. })
}

/// The heading and the rows as text, all of the same length.
fn grid(table: &ResultsTable) -> Vec<Vec<String>> {
    let heading = table.columns.iter().map(|column| printable(&column.label)).collect();
    let rows = table.rows.iter().map(|row| {
        let cells = row.cells.iter().zip(&table.columns);
        let text = |(cell, column): (&Cell, &Column)| {
            printable(&cell_text(cell, column.role, |text| format!("* {text}")))
        };
        cells.map(text).collect()
    });
    std::iter::once(heading).chain(rows).collect()
}

fn turned_blocks(grid: &[Vec<String>], width: usize) -> String {
    let (heading, rows) = (&grid[0], &grid[1..]);
    let mut blocks = Vec::new();
    let mut start = 0;
    while start < rows.len() {
        let mut end = start + 1;
        let mut block = turn(heading, &rows[start..end], width);
        while end < rows.len() {
            let wider = lay_out(&turned(heading, &rows[start..=end]), |_| false, GAP, None);
            if !fits(&wider, width) {
                break;
            }
            block = wider;
            end += 1;
        }
        blocks.push(block);
        start = end;
    }
    blocks.join("\n")
}

/// Spaces between columns besides the one that is always there.
const GAP: u16 = 2;

fn turn(heading: &[String], rows: &[Vec<String>], width: usize) -> String {
    lay_out(&turned(heading, rows), |_| false, GAP, Some(width))
}

fn turned(heading: &[String], rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let line = |at: usize| -> Vec<String> {
        std::iter::once(&heading[at]).chain(rows.iter().map(|row| &row[at])).cloned().collect()
    };
    (0..heading.len()).map(line).collect()
}

/// One line a row, numbers to the right. With a width, long cells are wrapped to keep to it.
fn lay_out(
    grid: &[Vec<String>],
    is_number: impl Fn(usize) -> bool,
    gap: u16,
    width: Option<usize>,
) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).force_no_tty();
    table.set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    table.set_header(&grid[0]);
    for row in &grid[1..] {
        table.add_row(row);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, gap));
        if is_number(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    lines.concat()
}

fn fits(text: &str, width: usize) -> bool {
    text.lines().all(|line| line.chars().count() <= width)
}
