use super::notes::{cell_text, legend};
use crate::table::{Cell, ColumnRole, ResultsTable, RowKind};

const HEAD: &str = include_str!("page_head.html");
const TAIL: &str = include_str!("page_tail.html");

/// One page without anything from elsewhere: a click on a heading sorts by it.
pub(super) fn render(table: &ResultsTable) -> String {
    let headings = table.columns.iter().map(|column| {
        format!("<th{} title=\"{}\">{}</th>", class(column.role), escape(&column.name), escape(&column.label))
    });
    let rows = table.rows.iter().map(|row| {
        let cells = row.cells.iter().zip(&table.columns).map(|(cell, column)| table_cell(cell, column.role));
        let kind = if row.kind == RowKind::Reference { " class=\"reference\"" } else { "" };
        format!("<tr{kind} title=\"{}\">{}</tr>\n", escape(&row.runs.join(" ")), cells.collect::<String>())
    });
    let notes = legend(table, "bold").join(" · ");
    format!(
        "{HEAD}<table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n<p>{}</p>\n{TAIL}",
        headings.collect::<String>(),
        rows.collect::<String>(),
        escape(&notes)
    )
}

fn table_cell(cell: &Cell, role: ColumnRole) -> String {
    let text = escape(&cell_text(cell, role, |text| text));
    match cell {
        Cell::Metric(metric) => {
            let best = if metric.best { " best" } else { "" };
            format!("<td class=\"number{best}\" data-value=\"{}\">{text}</td>", metric.value.mean)
        }
        Cell::Setting(value) if value.is_number() => {
            format!("<td class=\"number\" data-value=\"{value}\">{text}</td>")
        }
        _ => format!("<td>{text}</td>"),
    }
}

fn class(role: ColumnRole) -> &'static str {
    if matches!(role, ColumnRole::Metric { .. }) { " class=\"number\"" } else { "" }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
