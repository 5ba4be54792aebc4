use crate::table::{Cell, ColumnRole, ResultsTable, Row, RowKind};
use serde_json::{Map, Value, json};

/// A table for programs: plain columns, each with one plain value a row. What stands together in a cell for
/// people has columns of its own here: `NAME.sd`, `NAME.n`, `NAME.difference`, `NAME.within_spread`.
pub(super) struct FlatTable {
    /// Name, and what `columns` says about it in JSON. No two have the same name.
    pub columns: Vec<(String, Map<String, Value>)>,
    /// One value a column; null where nothing is known.
    pub rows: Vec<Vec<Value>>,
    /// What the columns of the table for people are called here.
    pub names: Vec<String>,
}

/// What each row has besides its columns, in some form or other.
const OF_ROWS: [&str; 5] = ["kind", "runs", "baseline", "best", "within_spread"];

pub(super) fn flatten_table(table: &ResultsTable) -> FlatTable {
    let folded = table.rows.iter().flat_map(|row| &row.cells).any(is_folded);
    let rows = vec![Vec::new(); table.rows.len()];
    let mut flat = FlatTable { columns: Vec::new(), rows, names: own_names(table) };
    for (at, column) in table.columns.iter().enumerate() {
        let name = flat.names[at].clone();
        let about = |role: &str| json!({ "label": column.label, "role": role });
        match column.role {
            ColumnRole::Experiment => {
                flat.push(name, about("experiment"), table, |row| plain(&row.cells[at]));
                flat.push_about_rows(table);
            }
            ColumnRole::Fact => flat.push(name, about("fact"), table, |row| plain(&row.cells[at])),
            ColumnRole::Setting => flat.push(name, about("setting"), table, |row| plain(&row.cells[at])),
            ColumnRole::Metric { .. } => flat.push_metric(table, at, folded),
        }
    }
    flat
}

/// The columns' full names. What is called as something else already says what it is: `kind (metric)`.
fn own_names(table: &ResultsTable) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in &table.columns {
        let role = match column.role {
            ColumnRole::Experiment => "experiment",
            ColumnRole::Fact => "fact",
            ColumnRole::Setting => "setting",
            ColumnRole::Metric { .. } => "metric",
        };
        let mut name = column.name.clone();
        while OF_ROWS.contains(&name.as_str()) || names.contains(&name) {
            name += &format!(" ({role})");
        }
        names.push(name);
    }
    names
}

impl FlatTable {
    fn push(&mut self, name: String, about: Value, table: &ResultsTable, value: impl Fn(&Row) -> Value) {
        self.columns.push((name, about.as_object().cloned().unwrap_or_default()));
        self.rows.iter_mut().zip(&table.rows).for_each(|(flat, row)| flat.push(value(row)));
    }

    fn push_about_rows(&mut self, table: &ResultsTable) {
        let about = |name: &str| json!({ "label": name, "role": "experiment" });
        self.push("kind".to_owned(), about("kind"), table, |row| Value::from(kind(row)));
        self.push("runs".to_owned(), about("runs"), table, |row| json!(row.runs));
        if let Some(baseline) = &table.baseline {
            let is_baseline = |row: &Row| json!(std::ptr::eq(row, &table.rows[baseline.row]));
            self.push("baseline".to_owned(), about("baseline"), table, is_baseline);
        }
    }

    fn push_metric(&mut self, table: &ResultsTable, at: usize, folded: bool) {
        let column = &table.columns[at];
        let ColumnRole::Metric { goal, percent } = column.role else { return };
        let about = |role: &str| json!({ "label": column.label, "role": role });
        let name = self.names[at].clone();
        let about_metric =
            json!({ "label": column.label, "role": "metric", "goal": goal, "percent": percent });
        self.push(name, about_metric, table, |row| plain(&row.cells[at]));
        if folded {
            let (sd, n) = (self.beside(at, "sd"), self.beside(at, "n"));
            self.push(sd, about("deviation"), table, |row| deviation(&row.cells[at]));
            self.push(n, about("count"), table, |row| count(&row.cells[at]));
        }
        if table.baseline.is_some() {
            let difference = self.beside(at, "difference");
            self.push(difference, about("difference"), table, |row| difference_of(&row.cells[at]));
        }
        if folded {
            let within = self.beside(at, "within_spread");
            let to_best = table.baseline.is_none() && table.rows.iter().any(|r| is_best(&r.cells[at]));
            self.push(within, about("within-spread"), table, |row| within_spread(&row.cells[at], to_best));
        }
    }

    /// The name of what is known besides a metric's value, which no other metric has.
    fn beside(&self, at: usize, what: &str) -> String {
        let name = format!("{}.{what}", self.names[at]);
        if self.names.contains(&name) { format!("{name} (of {})", self.names[at]) } else { name }
    }
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
