use crate::table::{Cell, ColumnRole, ResultsTable, Row, RowKind};
use serde_json::{Map, Value, json};

/// A table for programs: plain columns, each with one plain value a row. What stands together in a cell for
/// people has columns of its own here: `NAME.sd`, `NAME.n`, `NAME.difference`, `NAME.within_spread`.
pub(super) struct FlatTable {
    /// Name, and what `columns` says about it in JSON.
    pub columns: Vec<(String, Map<String, Value>)>,
    /// One value a column; null where nothing is known.
    pub rows: Vec<Vec<Value>>,
}

pub(super) fn flatten_table(table: &ResultsTable) -> FlatTable {
    let folded = table.rows.iter().flat_map(|row| &row.cells).any(is_folded);
    let mut columns = Vec::new();
    let mut rows: Vec<Vec<Value>> = vec![Vec::new(); table.rows.len()];
    let mut push = |name: &str, about: Value, value: &dyn Fn(&Row) -> Value| {
        columns.push((name.to_owned(), about.as_object().cloned().unwrap_or_default()));
        rows.iter_mut().zip(&table.rows).for_each(|(flat, row)| flat.push(value(row)));
    };
    for (at, column) in table.columns.iter().enumerate() {
        let about = |role: &str| json!({ "label": column.label, "role": role });
        let name = &column.name;
        match column.role {
            ColumnRole::Experiment => {
                push(name, about("experiment"), &|row| plain(&row.cells[at]));
                push("kind", json!({ "label": "kind", "role": "experiment" }), &|row| Value::from(kind(row)));
                push("runs", json!({ "label": "runs", "role": "experiment" }), &|row| json!(row.runs));
                if let Some(baseline) = &table.baseline {
                    let is_baseline = |row: &Row| json!(std::ptr::eq(row, &table.rows[baseline.row]));
                    push("baseline", json!({ "label": "baseline", "role": "experiment" }), &is_baseline);
                }
            }
            ColumnRole::Fact => push(name, about("fact"), &|row| plain(&row.cells[at])),
            ColumnRole::Setting => push(name, about("setting"), &|row| plain(&row.cells[at])),
            ColumnRole::Metric { goal, percent } => {
                let about_metric =
                    json!({ "label": column.label, "role": "metric", "goal": goal, "percent": percent });
                push(name, about_metric, &|row| plain(&row.cells[at]));
                if folded {
                    push(&format!("{name}.sd"), about("deviation"), &|row| deviation(&row.cells[at]));
                    push(&format!("{name}.n"), about("count"), &|row| count(&row.cells[at]));
                }
                if table.baseline.is_some() {
                    let difference = format!("{name}.difference");
                    push(&difference, about("difference"), &|row| difference_of(&row.cells[at]));
                }
                if folded {
                    let within = format!("{name}.within_spread");
                    let to_best =
                        table.baseline.is_none() && table.rows.iter().any(|r| is_best(&r.cells[at]));
                    push(&within, about("within-spread"), &|row| within_spread(&row.cells[at], to_best));
                }
            }
        }
    }
    FlatTable { columns, rows }
}

fn is_folded(cell: &Cell) -> bool {
    matches!(cell, Cell::Metric(metric) if metric.value.count > 1)
}

fn kind(row: &Row) -> &'static str {
    match row.kind {
        RowKind::Experiment => "experiment",
        RowKind::Reference => "reference",
    }
}

fn plain(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Setting(value) => value.clone(),
        Cell::Metric(metric) => Value::from(metric.value.mean),
    }
}

fn deviation(cell: &Cell) -> Value {
    match cell {
        Cell::Metric(metric) => Value::from(metric.value.deviation),
        _ => Value::Null,
    }
}

fn count(cell: &Cell) -> Value {
    match cell {
        Cell::Metric(metric) => Value::from(metric.value.count),
        _ => Value::Null,
    }
}

fn difference_of(cell: &Cell) -> Value {
    match cell {
        Cell::Metric(metric) => Value::from(metric.difference),
        _ => Value::Null,
    }
}

/// Null where the value is what others are held against, or there is nothing of that kind.
fn within_spread(cell: &Cell, to_best: bool) -> Value {
    match cell {
        Cell::Metric(metric) if to_best && !metric.best || metric.difference.is_some() => {
            Value::from(metric.within_spread)
        }
        _ => Value::Null,
    }
}

fn is_best(cell: &Cell) -> bool {
    matches!(cell, Cell::Metric(metric) if metric.best)
}
