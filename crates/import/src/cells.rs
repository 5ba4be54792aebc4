use crate::{
    arguments, names,
    tree::{Entry, Fault, Node, Value},
};
use std::collections::HashSet;

/// One stage of a `foreach` or `matrix`: the mapping with its `item` and `key`.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// What DVC puts behind the `@`.
    pub label: String,
    pub values: Node,
}

/// A `foreach` or `matrix` as the `matrix` of a pipeline file: all cells have the same keys.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub matrix: Matrix,
    pub cells: Vec<Cell>,
}

/// The two ways of writing one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Matrix {
    /// Keys with a list of values each.
    Grid(Vec<(String, Vec<Node>)>),
    /// `include`: one row a cell.
    Rows(Vec<Vec<(String, Node)>>),
}

/// More cells than this are taken for a mistake, as in a pipeline file.
const MOST_CELLS: usize = 100_000;
/// The runner cuts the names of cells off somewhere behind this.
const LONGEST_LABEL: usize = 100;

/// The cells of `foreach`.
pub(crate) fn of_foreach(data: &Node) -> Result<Vec<Cell>, Fault> {
    match &data.value {
        Value::List(items) => {
            let is_flat = items.iter().all(|item| !matches!(item.value, Value::List(_) | Value::Map(_)));
            let label = |number: usize, item: &Node| match is_flat {
                true => arguments::python_text(&item.value).unwrap_or_default(),
                false => number.to_string(),
            };
            Ok(unique(items.iter().enumerate().map(|(number, item)| Cell {
                label: label(number, item),
                values: map(data, [("item", item.clone())]),
            })))
        }
        Value::Map(entries) => {
            let key = |entry: &Entry| Node {
                value: Value::Text(entry.key.clone()),
                place: entry.key_place.clone(),
            };
            Ok(entries
                .iter()
                .map(|entry| Cell {
                    label: entry.key.clone(),
                    values: map(data, [("key", key(entry)), ("item", entry.node.clone())]),
                })
                .collect())
        }
        _ => Err(data
            .place
            .error(format!("`foreach`: expected a list or a mapping, found {}", data.describe()), &[])),
    }
}

/// The cells of `matrix`, the first key changing slowest.
pub(crate) fn of_matrix(data: &Node) -> Result<Vec<Cell>, Fault> {
    let mut cells = vec![(String::new(), Vec::<Entry>::new())];
    for entry in data.entries() {
        let values = entry.node.items();
        if !matches!(entry.node.value, Value::List(_)) {
            let message =
                format!("`matrix`: expected a list for `{}`, found {}", entry.key, entry.node.describe());
            return Err(entry.node.place.error(message, &[]));
        }
        if cells.len().saturating_mul(values.len()) > MOST_CELLS {
            return Err(entry.node.place.error(format!("`matrix` has more than {MOST_CELLS} cells"), &[]));
        }
        let with = |(label, entries): &(String, Vec<Entry>), number: usize, value: &Node| {
            let part =
                arguments::python_text(&value.value).unwrap_or_else(|| format!("{}{number}", entry.key));
            let label = if label.is_empty() { part } else { format!("{label}-{part}") };
            let new = Entry { node: value.clone(), ..entry.clone() };
            (label, entries.iter().cloned().chain([new]).collect::<Vec<_>>())
        };
        let grown = cells
            .iter()
            .flat_map(|cell| values.iter().enumerate().map(|(number, value)| with(cell, number, value)));
        cells = grown.collect();
    }
    Ok(unique(cells.into_iter().map(|(label, entries)| {
        let key = Node { value: Value::Text(label.clone()), place: data.place.clone() };
        let item = Node { value: Value::Map(entries), place: data.place.clone() };
        Cell { label, values: map(data, [("key", key), ("item", item)]) }
    })))
}

/// DVC keeps one stage a name.
fn unique(cells: impl Iterator<Item = Cell>) -> Vec<Cell> {
    let mut seen = HashSet::new();
    cells.filter(|cell| seen.insert(cell.label.clone())).collect()
}

fn map<const N: usize>(data: &Node, entries: [(&str, Node); N]) -> Node {
    let entry =
        |(key, node): (&str, Node)| Entry { key: key.to_owned(), key_place: data.place.clone(), node };
    Node { value: Value::Map(entries.into_iter().map(entry).collect()), place: data.place.clone() }
}

impl Shape {
    /// The shape of a `foreach`, if all its cells have the same keys and values that TOML can write.
    pub fn of_foreach(cells: &[Cell]) -> Option<Self> {
        let rows: Vec<Vec<(String, Node)>> = cells.iter().map(row).collect::<Option<_>>()?;
        let keys: Vec<&String> = rows.first()?.iter().map(|(key, _)| key).collect();
        let is_regular = rows.iter().all(|row| {
            row.len() == keys.len() && keys.iter().all(|key| row.iter().any(|(present, _)| present == *key))
        });
        let can_be_named = keys.iter().all(|key| names::is_valid(key) && key.as_str() != "include");
        let is_distinct = rows.iter().enumerate().all(|(at, row)| !rows[..at].contains(row));
        let can_be_written = rows.iter().flatten().all(|(_, node)| has_no_null(node));
        if !(is_regular && can_be_named && is_distinct && can_be_written) {
            return None;
        }
        let matrix = match keys.as_slice() {
            [key] => Matrix::Grid(vec![((*key).clone(), rows.iter().map(|row| row[0].1.clone()).collect())]),
            _ => Matrix::Rows(rows),
        };
        Some(Self { matrix, cells: cells.to_vec() })
    }

    /// The shape of a `matrix`.
    pub fn of_matrix(data: &Node, cells: &[Cell]) -> Option<Self> {
        let axis = |entry: &Entry| {
            let values = entry.node.items();
            let is_distinct = values.iter().enumerate().all(|(at, value)| !values[..at].contains(value));
            let is_valid = is_axis_name(&entry.key) && values.iter().all(has_no_null);
            (is_distinct && is_valid).then(|| (entry.key.clone(), values.to_vec()))
        };
        let axes: Vec<_> = data.entries().iter().map(axis).collect::<Option<_>>()?;
        (!axes.is_empty() && !cells.is_empty())
            .then(|| Self { matrix: Matrix::Grid(axes), cells: cells.to_vec() })
    }

    /// What `${item.x}` or `${key}` is in a pipeline file: `matrix.x`.
    pub fn reference(&self, path: &str) -> Option<String> {
        let has_text = |cell: &Cell| cell.values.select(path).is_some_and(|node| node.value.text().is_some());
        if !self.cells.iter().all(has_text) {
            return None;
        }
        let name = path.strip_prefix("item.").unwrap_or(path);
        let first = name.split('.').next()?;
        let is_key = match &self.matrix {
            Matrix::Grid(axes) => axes.iter().any(|(key, _)| key == first),
            Matrix::Rows(rows) => rows.first()?.iter().any(|(key, _)| key == first),
        };
        (is_key && name.split('.').all(names::is_valid)).then(|| format!("matrix.{name}"))
    }

    /// The text of a reference in one cell.
    pub fn value(&self, cell: usize, reference: &str) -> Option<String> {
        let name = reference.strip_prefix("matrix.")?;
        let values = &self.cells.get(cell)?.values;
        let in_item = values.get("item").and_then(|item| item.select(name));
        in_item.or_else(|| values.select(name))?.value.text()
    }

    /// The full name of a cell's stage in a pipeline file, if it is plain what that will be.
    pub fn label(&self, cell: usize) -> Option<String> {
        let mut keys: Vec<&str> = match &self.matrix {
            Matrix::Grid(axes) => axes.iter().map(|(key, _)| key.as_str()).collect(),
            Matrix::Rows(rows) => rows.first()?.iter().map(|(key, _)| key.as_str()).collect(),
        };
        keys.sort_unstable();
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._+-".contains(letter);
        let plain = |text: &str| {
            (1..40).contains(&text.len())
                && text.chars().all(is_plain)
                && !text.starts_with('-')
                && !text.ends_with('-')
        };
        let pair = |key: &&str| {
            let text = self.value(cell, &format!("matrix.{key}"))?;
            plain(&text).then(|| format!("{key}={text}"))
        };
        let label = keys.iter().map(pair).collect::<Option<Vec<_>>>()?.join(",");
        (label.len() < LONGEST_LABEL).then_some(label)
    }
}

/// `${key}` and `${item}` mean something else in DVC, and `include` in a pipeline file.
fn is_axis_name(name: &str) -> bool {
    names::is_valid(name) && !matches!(name, "key" | "item" | "include")
}

/// The keys and values of a cell of a `foreach`: `item`, or the entries of an item that is a mapping; and `key`.
fn row(cell: &Cell) -> Option<Vec<(String, Node)>> {
    let item = cell.values.get("item")?;
    let key = cell.values.get("key").map(|key| ("key".to_owned(), key.clone()));
    let own: Vec<(String, Node)> = match &item.value {
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.node.clone())).collect(),
        _ => vec![("item".to_owned(), item.clone())],
    };
    let is_clear = !matches!(item.value, Value::Map(_))
        || own.iter().all(|(name, _)| !matches!(name.as_str(), "item" | "key"));
    is_clear.then(|| key.into_iter().chain(own).collect())
}

fn has_no_null(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Float(value) => value.is_finite(),
        Value::List(items) => items.iter().all(has_no_null),
        Value::Map(entries) => entries.iter().all(|entry| has_no_null(&entry.node)),
        _ => true,
    }
}
