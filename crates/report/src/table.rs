use crate::run::Run;
use results::{Cell, Column, ColumnRole, ResultsTable, Row, RowKind};
use serde::Serialize;
use serde_json::{Value, json};

/// The comparison as the page shows it: the text of each cell is that of `pipeline compare`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Table {
    pub columns: Vec<Value>,
    pub rows: Vec<TableRow>,
    /// What the marks mean.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TableRow {
    /// Whether the values were published by somebody else.
    pub is_reference: bool,
    pub cells: Vec<TableCell>,
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TableCell {
    pub text: String,
    /// What to sort and filter by: a number, text, or null.
    pub value: Value,
    pub best: bool,
}

/// A run behind a row, with those of its stages that belong to the row; both by index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Member {
    pub run: usize,
    pub stages: Vec<usize>,
}

impl Table {
    /// The table, with the rows' runs found among `runs`.
    pub fn new(table: &ResultsTable, runs: &[Run]) -> Self {
        Self {
            columns: table.columns.iter().map(column).collect(),
            rows: table.rows.iter().map(|row| table_row(row, &table.columns, runs)).collect(),
            notes: results::legend(table, "bold, green:"),
        }
    }
}

fn column(column: &Column) -> Value {
    let (role, goal, percent) = match column.role {
        ColumnRole::Experiment => ("experiment", None, false),
        ColumnRole::Fact => ("fact", None, false),
        ColumnRole::Setting => ("setting", None, false),
        ColumnRole::Metric { goal, percent } => ("metric", Some(goal), percent),
    };
    json!({ "name": column.name, "label": column.label, "role": role, "goal": goal, "percent": percent })
}

fn table_row(row: &Row, columns: &[Column], runs: &[Run]) -> TableRow {
    let cells = row.cells.iter().zip(columns).map(|(cell, column)| TableCell {
        text: results::cell_text(cell, column.role),
        value: sort_value(cell),
        best: matches!(cell, Cell::Metric(metric) if metric.best),
    });
    let members = row.origins.iter().filter_map(|origin| {
        let run = runs.iter().position(|run| run.id == origin.run)?;
        let stages = runs[run].stages.iter().enumerate().filter(|(_, stage)| origin.covers(&stage.name));
        Some(Member { run, stages: stages.map(|(at, _)| at).collect() })
    });
    TableRow {
        is_reference: row.kind == RowKind::Reference,
        cells: cells.collect(),
        members: members.collect(),
    }
}

fn sort_value(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Setting(value) if value.is_number() => value.clone(),
        Cell::Setting(value) => Value::from(results::text_of(value)),
        Cell::Metric(metric) => json!(metric.value.mean),
    }
}
