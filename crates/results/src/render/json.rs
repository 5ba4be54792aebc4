use super::flat::flatten_table;
use crate::{
    error::CompareError,
    table::{Cell, MetricCell, ResultsTable, Row},
};
use serde_json::{Map, Value, json};

/// `columns` describes the columns; each of `rows` is one object of plain values by column name; in it `best`
/// names the metrics in which the row is the best, `within_spread` those in which it differs from the baseline, or
/// else from the best, by no more than the spread. `baseline` is what was asked for as such, or null.
pub(super) fn render(table: &ResultsTable) -> Result<String, CompareError> {
    let flat = flatten_table(table);
    let names: Vec<String> = flat.columns.iter().map(|(name, _)| name.clone()).collect();
    let own_names = flat.names;
    let columns = flat.columns.into_iter().map(|(name, about)| {
        let mut column = Map::from_iter([("name".to_owned(), Value::from(name))]);
        column.extend(about);
        Value::Object(column)
    });
    let columns: Vec<Value> = columns.collect();
    let rows: Vec<Value> = flat
        .rows
        .into_iter()
        .zip(&table.rows)
        .map(|(values, row)| {
            let mut object: Map<String, Value> = names.iter().cloned().zip(values).collect();
            object.insert("best".to_owned(), json!(marked(&own_names, row, |metric| metric.best)));
            object.insert(
                "within_spread".to_owned(),
                json!(marked(&own_names, row, |metric| metric.within_spread)),
            );
            Value::Object(object)
        })
        .collect();
    let baseline = table.baseline.as_ref().map(|baseline| &baseline.text);
    let document = json!({ "columns": columns, "rows": rows, "baseline": baseline });
    let text = serde_json::to_string(&document).map_err(|error| CompareError::Render(error.to_string()))?;
    Ok(text + "\n")
}

fn marked<'a>(names: &'a [String], row: &Row, is_marked: impl Fn(&MetricCell) -> bool) -> Vec<&'a str> {
    let cells = row.cells.iter().zip(names);
    cells
        .filter(|(cell, _)| matches!(cell, Cell::Metric(metric) if is_marked(metric)))
        .map(|(_, name)| name.as_str())
        .collect()
}
