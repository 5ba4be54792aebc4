use crate::{
    format,
    table::{Cell, ColumnRole, MetricCell, ResultsTable},
};

/// The text of a cell for people: `97.33 %`, with what marks it, or nothing.
pub(super) fn cell_text(cell: &Cell, role: ColumnRole, mark_best: impl Fn(String) -> String) -> String {
    let percent = matches!(role, ColumnRole::Metric { percent: true, .. });
    match cell {
        Cell::Empty => String::new(),
        Cell::Setting(value) => format::text_of(value),
        Cell::Metric(metric) => metric_text(metric, percent, mark_best),
    }
}

/// Marks stand before the number, so that numbers stay aligned.
fn metric_text(metric: &MetricCell, percent: bool, mark_best: impl Fn(String) -> String) -> String {
    let mut text = format::measurement(&metric.value, percent);
    if metric.within_spread {
        text = format!("~ {text}");
    }
    if metric.best {
        text = mark_best(text);
    }
    if let Some(difference) = metric.difference {
        text += &format!(" [{}]", format::difference(difference, percent));
    }
    text
}

/// What the marks in this table mean, one line each; only for those that occur.
pub(super) fn legend(table: &ResultsTable, best: &str) -> Vec<String> {
    let metrics: Vec<&MetricCell> = table
        .rows
        .iter()
        .flat_map(|row| &row.cells)
        .filter_map(|cell| if let Cell::Metric(metric) = cell { Some(metric) } else { None })
        .collect();
    let mut lines = Vec::new();
    if metrics.iter().any(|metric| metric.best) {
        lines.push(format!("{best} best"));
    }
    if metrics.iter().any(|metric| metric.value.count > 1) {
        lines.push("± standard deviation (number of measurements)".to_owned());
    }
    if let Some(baseline) = &table.baseline {
        lines.push(format!("[] difference to {}", baseline.text));
    }
    if metrics.iter().any(|metric| metric.within_spread) {
        let against = if table.baseline.is_some() { "baseline" } else { "best" };
        lines.push(format!("~ differs from the {against} by no more than the spread"));
    }
    lines
}
