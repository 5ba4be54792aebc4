use crate::{measurement::Measurement, origin::Origin};
use serde_json::Value;
use spec::Goal;

/// Experiments side by side: columns with a role, rows of cells, one cell a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultsTable {
    /// The experiment's name first, then settings, then metrics.
    pub columns: Vec<Column>,
    /// Experiments first, then references.
    pub rows: Vec<Row>,
    /// What differences refer to.
    pub baseline: Option<Baseline>,
    /// How many experiments there would be, not folded, without the conditions.
    pub candidates: usize,
}

/// The row that others are held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// In the words of who asked for it.
    pub text: String,
    /// Which of the rows it is.
    pub row: usize,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The full name: `train.lr`, `rank.rank1`.
    pub name: String,
    /// Where its values are found: the first of these that an experiment has. A parameter and the field that
    /// refers to it share a column.
    pub sources: Vec<String>,
    /// The heading: as short as it can be without being that of another column.
    pub label: String,
    /// What it holds.
    pub role: ColumnRole,
}

impl Column {
    /// Whether what is called `name` in full belongs here.
    pub(crate) fn holds(&self, name: &str) -> bool {
        let ends = |source: &String| name == source || name.ends_with(&format!(".{source}"));
        self.sources.iter().any(ends)
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRole {
    /// What the row is called.
    Experiment,
    /// About the run itself: its id, its time, how it ended.
    Fact,
    /// What was set.
    Setting,
    /// What was reached.
    Metric {
        /// Which direction is better.
        goal: Goal,
        /// Whether it is shown times 100 with a percent sign.
        percent: bool,
    },
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Ours or published.
    pub kind: RowKind,
    /// Ids of the runs behind it, oldest first; none for a reference.
    pub runs: Vec<String>,
    /// The same with the cells of their matrices; none for a reference.
    pub origins: Vec<Origin>,
    /// One cell a column.
    pub cells: Vec<Cell>,
}

/// Whose values a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// Measured here.
    Experiment,
    /// Published by somebody else.
    Reference,
}

/// What stands at a row and column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// A setting, or a name.
    Setting(Value),
    /// A measured value.
    Metric(MetricCell),
}

/// A measured value and how it stands among the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricCell {
    /// The value.
    pub value: Measurement,
    /// Whether no experiment has a better one.
    pub best: bool,
    /// The value minus the baseline's.
    pub difference: Option<f64>,
    /// Whether it differs from what it is held against (the baseline, or else the best) by no more than the
    /// spread of both.
    pub within_spread: bool,
}
