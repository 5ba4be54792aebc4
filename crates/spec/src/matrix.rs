use crate::{
    diagnostics::Diagnostics,
    names,
    node::{Entry, Node, Table, Tree},
    params::Params,
    source::Span,
};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// One combination of a matrix's values, keys in alphabetical order so that their order in the file does
/// not matter. Without a matrix a stage has one cell without values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub values: IndexMap<String, Node>,
    /// It stands for those of a matrix that is wrong: whatever is looked up in it is not there, and is no
    /// error of its own.
    pub is_unknown: bool,
}

/// More cells than this in one stage are taken for a mistake.
const MOST_CELLS: usize = 100_000;

impl Cell {
    /// The only cell of a stage whose matrix is wrong.
    pub fn unknown() -> Self {
        Self { is_unknown: true, ..Self::default() }
    }

    /// The value under a key, or an entry of one that is a table: `model.l2`.
    pub fn get(&self, path: &str) -> Option<&Node> {
        let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        self.values.get(key)?.descend(rest)
    }

    /// The values under some of the keys, as a text that is equal for equal values only.
    pub fn project(&self, keys: &[&str]) -> String {
        let values = keys.iter().map(|key| self.values.get(*key).map(Node::to_json));
        serde_json::Value::from_iter(values.map(Option::unwrap_or_default)).to_string()
    }
}

/// The cells that a stage's `matrix` makes; `None` if it is wrong, which has then been reported.
pub(crate) fn cells(entry: &Entry, params: &Params, diagnostics: &mut Diagnostics) -> Option<Vec<Cell>> {
    let node = params.scope(None).resolve(&entry.node, diagnostics);
    if node.is_broken() {
        return None;
    }
    let span = entry.node.span;
    let Some(table) = node.as_table() else {
        let message = format!("expected a table of lists as `matrix`, found {}", node.describe());
        diagnostics.error(span, message).hint("as in `matrix = { lr = [0.1, 0.05], seed = [1, 2, 3] }`");
        return None;
    };
    let (include, grid): (Vec<&Entry>, Vec<&Entry>) =
        table.entries.iter().partition(|entry| entry.key == "include");
    let before = diagnostics.count();
    let mut cells = if grid.is_empty() { Vec::new() } else { expand_grid(grid, span, diagnostics) };
    for entry in include {
        cells.extend(listed(&entry.node, diagnostics));
    }
    if diagnostics.count() > before {
        return None;
    }
    if cells.is_empty() {
        diagnostics.error(span, "this `matrix` has no cells").hint("leave it out, or give each key a value");
        return None;
    }
    is_regular(&cells, span, diagnostics).then_some(cells)
}

/// The product of the lists; the first key in alphabetical order changes slowest.
fn expand_grid(mut grid: Vec<&Entry>, span: Span, diagnostics: &mut Diagnostics) -> Vec<Cell> {
    grid.sort_by(|left, right| left.key.cmp(&right.key));
    let mut cells = vec![Cell::default()];
    for entry in grid {
        names::check("a matrix key", entry, diagnostics);
        let Tree::List(values) = &entry.node.value else {
            let message =
                format!("expected a list of values for `{}`, found {}", entry.key, entry.node.describe());
            diagnostics.error(entry.node.span, message);
            continue;
        };
        if values.is_empty() {
            diagnostics.error(entry.node.span, format!("`{}` has no values", entry.key));
            continue;
        }
        if cells.len().saturating_mul(values.len()) > MOST_CELLS {
            diagnostics.error(span, format!("this `matrix` has more than {MOST_CELLS} cells"));
            return Vec::new();
        }
        cells =
            cells.iter().flat_map(|cell| values.iter().map(|value| cell.with(&entry.key, value))).collect();
    }
    cells
}

impl Cell {
    fn with(&self, key: &str, value: &Node) -> Self {
        let mut cell = self.clone();
        cell.values.insert(key.to_owned(), value.clone());
        cell
    }
}

/// The cells of `include = [{ … }, { … }]`.
fn listed(node: &Node, diagnostics: &mut Diagnostics) -> Vec<Cell> {
    let items =
        if let Tree::List(items) = &node.value { items.as_slice() } else { std::slice::from_ref(node) };
    let (tables, others): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.as_table().is_some());
    for other in others {
        let message = format!("expected a list of tables as `include`, found {}", other.describe());
        diagnostics.error(other.span, message).hint("as in `include = [{ lr = 0.1, seed = 1 }]`");
    }
    let tables: Vec<&Table> = tables.into_iter().filter_map(Node::as_table).collect();
    for entry in tables.iter().flat_map(|table| &table.entries) {
        names::check("a matrix key", entry, diagnostics);
    }
    let cell = |table: &Table| {
        let mut values: IndexMap<_, _> =
            table.entries.iter().map(|entry| (entry.key.clone(), entry.node.clone())).collect();
        values.sort_keys();
        Cell { values, is_unknown: false }
    };
    tables.into_iter().map(cell).collect()
}

/// Reports cells that are the same, or that have other keys than the first.
fn is_regular(cells: &[Cell], span: Span, diagnostics: &mut Diagnostics) -> bool {
    let keys: Vec<&str> = cells[0].values.keys().map(String::as_str).collect();
    if keys.is_empty() {
        diagnostics.error(span, "a cell of this `matrix` has no values");
        return false;
    }
    if let Some(other) = cells.iter().find(|cell| !cell.values.keys().eq(keys.iter())) {
        let other: Vec<&str> = other.values.keys().map(String::as_str).collect();
        let message = format!(
            "all cells of a `matrix` need the same keys, but one has {} and another {}",
            keys.join(", "),
            if other.is_empty() { "none".to_owned() } else { other.join(", ") }
        );
        diagnostics.error(span, message);
        return false;
    }
    let mut seen = HashSet::new();
    let Some(twice) = cells.iter().find(|cell| !seen.insert(cell.project(&keys))) else { return true };
    diagnostics.error(span, format!("this `matrix` has the cell {} twice", label(twice)));
    false
}

/// `lr=0.1,seed=1`, fit for a file name.
fn label(cell: &Cell) -> String {
    let pairs: Vec<_> =
        cell.values.iter().map(|(key, value)| format!("{key}={}", value_label(value))).collect();
    pairs.join(",")
}

fn value_label(node: &Node) -> String {
    text_label(&node.to_text().unwrap_or_else(|| node.to_json().to_string()))
}

/// A value's text, fit for a file name.
pub(crate) fn text_label(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut label = String::new();
    for letter in text.chars().take(LONGEST) {
        if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '+' | '-') {
            label.push(letter);
        } else if !label.is_empty() && !label.ends_with('-') {
            label.push('-');
        }
    }
    label.trim_end_matches('-').to_owned()
}

/// The full names of a stage's cells: `train@lr=0.1,seed=1`.
pub(crate) fn full_names(base: &str, cells: &[Cell]) -> Vec<String> {
    let name = |cell: &Cell| match cell.values.is_empty() {
        true => base.to_owned(),
        false => format!("{base}@{}", label(cell)),
    };
    unique_names(cells.iter().map(name))
}

/// Names that are fit for a file and all different. Values that look alike in a file name, such as `1` and
/// `"1"`, are told apart by `~2`, `~3` and so on.
pub(crate) fn unique_names(names: impl Iterator<Item = String>) -> Vec<String> {
    const LONGEST: usize = 180;
    let mut uses: HashMap<String, usize> = HashMap::new();
    let unique = |name: String| {
        let name: String = name.chars().take(LONGEST).collect();
        let count = uses.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { name } else { format!("{name}~{count}") }
    };
    names.map(unique).collect()
}
