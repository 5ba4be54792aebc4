use crate::{
    Kind,
    diagnostics::Diagnostics,
    matrix::{self, Cell},
    names,
    node::{Entry, Node, Table},
    params::Params,
    source::Span,
    template::Reference,
};
use std::{cell::RefCell, collections::HashMap};

/// A stage as the file declares it: what others need to know in order to refer to it.
pub(crate) struct Declared<'a> {
    pub entry: &'a Entry,
    pub table: &'a Table,
    /// `None` if it is missing or unknown, which has been reported.
    pub kind: Option<Kind>,
    /// `None` if its matrix is wrong, which has been reported.
    pub cells: Option<Vec<Cell>>,
    /// The full name of each cell.
    pub full_names: Vec<String>,
}

/// All stages of the file, found by name.
pub(crate) struct Stages<'a> {
    pub declared: Vec<Declared<'a>>,
    /// What a stage whose matrix is wrong is read with.
    pub unknown_cell: Cell,
    by_name: HashMap<&'a str, usize>,
    by_full_name: HashMap<String, usize>,
    cells_by_values: RefCell<HashMap<(usize, Vec<String>), CellsByValues>>,
}

type CellsByValues = HashMap<String, Vec<usize>>;

/// The cells of a stage that a reference means.
pub(crate) struct Selection {
    pub stage: usize,
    /// Full names.
    pub names: Vec<String>,
    /// Whether it collects over a matrix key that the referring stage does not have.
    pub is_list: bool,
}

impl Declared<'_> {
    pub fn name(&self) -> &str {
        &self.entry.key
    }

    /// The names of the stage's outputs; `None` if they cannot be known.
    pub fn outputs(&self) -> Option<Vec<&str>> {
        match self.kind? {
            Kind::Command => match self.table.get("outputs") {
                Some(node) => Some(node.as_table()?.entries.iter().map(|entry| entry.key.as_str()).collect()),
                None => Some(Vec::new()),
            },
            kind => Some(kind.outputs().iter().map(|rule| rule.name).collect()),
        }
    }
}

impl<'a> Stages<'a> {
    pub fn declare(table: &'a Table, params: &Params, diagnostics: &mut Diagnostics) -> Self {
        let mut stages = Self {
            declared: Vec::with_capacity(table.entries.len()),
            unknown_cell: Cell::unknown(),
            by_name: HashMap::with_capacity(table.entries.len()),
            by_full_name: HashMap::new(),
            cells_by_values: RefCell::default(),
        };
        for entry in &table.entries {
            names::check("a stage", entry, diagnostics);
            let Some(table) = entry.node.as_table() else {
                let message =
                    format!("expected a table as stage `{}`, found {}", entry.key, entry.node.describe());
                diagnostics.error(entry.node.span, message);
                continue;
            };
            stages.add(declare(entry, table, params, diagnostics));
        }
        stages
    }

    fn add(&mut self, declared: Declared<'a>) {
        let position = self.declared.len();
        self.by_name.insert(declared.entry.key.as_str(), position);
        if declared.table.entry("matrix").is_some() {
            self.by_full_name.extend(declared.full_names.iter().map(|name| (name.clone(), position)));
        }
        self.declared.push(declared);
    }

    /// The cells of the stage called `name` that belong to the cell `from` of another stage. `name` is that of
    /// a stage or of one cell. Unknown names are reported; `None` too if the stage itself is wrong.
    pub fn select(
        &self,
        name: &str,
        from: &Cell,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<Selection> {
        if let Some(&stage) = self.by_full_name.get(name) {
            return Some(Selection { stage, names: vec![name.to_owned()], is_list: false });
        }
        let Some(&stage) = self.by_name.get(name) else {
            self.report_unknown(name, span, diagnostics);
            return None;
        };
        let declared = &self.declared[stage];
        let cells = declared.cells.as_ref()?;
        let keys: Vec<&str> = cells[0].values.keys().map(String::as_str).collect();
        if from.is_unknown && !keys.is_empty() {
            return None;
        }
        let shared: Vec<&str> = keys.iter().copied().filter(|key| from.values.contains_key(*key)).collect();
        let is_list = shared.len() < keys.len();
        if shared.is_empty() {
            return Some(Selection { stage, names: declared.full_names.clone(), is_list });
        }
        let names = self.agreeing(stage, cells, &shared, from);
        if names.is_empty() {
            let values: Vec<_> = shared
                .iter()
                .map(|key| format!("{key}={}", from.values.get(*key).map(Node::to_json).unwrap_or_default()))
                .collect();
            let message = format!("stage `{name}` has no cell with {}", values.join(", "));
            diagnostics
                .error(span, message)
                .hint("both matrices need the same values under the keys that they share");
            return None;
        }
        Some(Selection { stage, names, is_list })
    }

    fn agreeing(&self, stage: usize, cells: &[Cell], shared: &[&str], from: &Cell) -> Vec<String> {
        let mut indices = self.cells_by_values.borrow_mut();
        let index = (indices.entry((stage, shared.iter().map(|key| (*key).to_owned()).collect())))
            .or_insert_with(|| {
                let mut index = CellsByValues::new();
                for (position, cell) in cells.iter().enumerate() {
                    index.entry(cell.project(shared)).or_default().push(position);
                }
                index
            });
        let positions = index.get(&from.project(shared)).map(Vec::as_slice).unwrap_or_default();
        positions.iter().map(|&position| self.declared[stage].full_names[position].clone()).collect()
    }

    /// The output that `${stages.STAGE.OUTPUT}` means, seen from a cell. What is wrong with it is reported.
    pub fn select_output(
        &self,
        stage: &str,
        output: &str,
        from: &Cell,
        reference: &Reference<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Selection> {
        let selection = self.select(stage, from, reference.span, diagnostics)?;
        let outputs = self.declared[selection.stage].outputs()?;
        if outputs.contains(&output) {
            return Some(selection);
        }
        let message = format!("stage `{stage}` has no output `{output}`");
        let diagnostic = diagnostics.misspelt(reference.span, message, output, outputs.iter().copied());
        let listed: Vec<_> = outputs.iter().map(|name| format!("`{name}`")).collect();
        diagnostic.hint(match listed.as_slice() {
            [] => format!("`{stage}` declares no outputs"),
            [only] => format!("the only output of `{stage}` is {only}"),
            _ => format!("the outputs of `{stage}` are {}", listed.join(", ")),
        });
        None
    }

    pub fn report_unknown(&self, name: &str, span: Span, diagnostics: &mut Diagnostics) {
        let is_cell = name.contains('@');
        let known = self.declared.iter().flat_map(|declared| {
            let cells = declared.full_names.iter().filter(move |_| is_cell).map(String::as_str);
            std::iter::once(declared.entry.key.as_str()).chain(cells)
        });
        diagnostics.unknown_name(span, format!("unknown stage `{name}`"), name, known);
    }

    pub fn get(&self, name: &str) -> Option<&Declared<'a>> {
        self.by_name.get(name).map(|&position| &self.declared[position])
    }
}

fn declare<'a>(
    entry: &'a Entry,
    table: &'a Table,
    params: &Params,
    diagnostics: &mut Diagnostics,
) -> Declared<'a> {
    let kind = kind(entry, table, params, diagnostics);
    let cells = match table.entry("matrix") {
        Some(matrix) => matrix::cells(matrix, params, diagnostics),
        None => Some(vec![Cell::default()]),
    };
    let full_names = matrix::full_names(&entry.key, cells.as_deref().unwrap_or_default());
    Declared { entry, table, kind, cells, full_names }
}

fn kind(entry: &Entry, table: &Table, params: &Params, diagnostics: &mut Diagnostics) -> Option<Kind> {
    let known = Kind::ALL.into_iter().map(Kind::name);
    let Some(written) = table.get("kind") else {
        let listed: Vec<_> = known.map(|name| format!("`{name}`")).collect();
        diagnostics
            .error(entry.key_span, format!("stage `{}` has no `kind`", entry.key))
            .hint(format!("the kinds are {}", listed.join(", ")));
        return None;
    };
    let node = params.scope(None).resolve(written, diagnostics);
    if node.is_broken() {
        return None;
    }
    let Some(name) = node.as_str() else {
        diagnostics.error(node.span, format!("`kind`: expected a string, found {}", node.describe()));
        return None;
    };
    let kind = Kind::from_name(name);
    if kind.is_none() {
        diagnostics.unknown_name(node.span, format!("unknown kind `{name}`"), name, known);
    }
    kind
}
