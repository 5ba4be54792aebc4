use crate::{
    diagnostics::Diagnostics,
    graph,
    matrix::Cell,
    names,
    node::{Node, Table, Tree},
    scope::Scope,
    template::{self, Segment, Target},
};
use indexmap::IndexMap;
use serde_json::Value;

/// The `[params]` of a file with their references to each other resolved.
#[derive(Debug, Default)]
pub(crate) struct Params {
    resolved: IndexMap<String, Node>,
}

/// No parameter may be larger than this (see [`Node::weight`]), or a few that double each other would fill
/// the memory.
const LARGEST: usize = 1 << 17;
/// No parameter may be nested deeper than this, or a chain of lists of lists would exhaust the stack.
const DEEPEST: usize = 100;

impl Params {
    pub fn resolve(table: &Table, diagnostics: &mut Diagnostics) -> Self {
        let index: IndexMap<&str, usize> = table
            .entries
            .iter()
            .enumerate()
            .map(|(position, entry)| (entry.key.as_str(), position))
            .collect();
        for entry in &table.entries {
            names::check("a parameter", entry, diagnostics);
        }
        let references: Vec<Vec<usize>> =
            table.entries.iter().map(|entry| referred(&entry.node, &index)).collect();
        let walk = graph::walk(&references);
        let mut params = Self { resolved: IndexMap::with_capacity(table.entries.len()) };
        for cycle in &walk.cycles {
            let names: Vec<_> =
                cycle.iter().chain(cycle.first()).map(|&at| format!("`{}`", table.entries[at].key)).collect();
            let message = format!("parameters refer to each other in a circle: {}", names.join(" → "));
            diagnostics.error(table.entries[cycle[0]].node.span, message);
            for &at in cycle {
                let entry = &table.entries[at];
                params.resolved.insert(entry.key.clone(), Node::broken(entry.node.span));
            }
        }
        for &position in &walk.order {
            let entry = &table.entries[position];
            if params.resolved.contains_key(&entry.key) {
                continue;
            }
            let mut node = match output(&entry.node) {
                Some(output) => output,
                None => Scope { params: &params, cell: None }.resolve(&entry.node, diagnostics),
            };
            let excess = excess(&node);
            if let Some(excess) = excess {
                diagnostics.error(entry.node.span, format!("the value of `{}` is {excess}", entry.key));
            }
            if excess.is_some() || node.is_broken() {
                node = Node::broken(entry.node.span);
            }
            params.resolved.insert(entry.key.clone(), node);
        }
        params.resolved.sort_by_cached_key(|name, _| index.get(name.as_str()).copied());
        params
    }

    /// The value of a parameter, or of an entry of one that is a table: `model.l2`.
    pub fn get(&self, path: &str) -> Option<&Node> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        self.resolved.get(name)?.descend(rest)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.resolved.keys().map(String::as_str)
    }

    pub fn to_json(&self) -> IndexMap<String, Value> {
        self.resolved.iter().map(|(name, node)| (name.clone(), node.to_json())).collect()
    }

    /// What a stage without a matrix, or a value outside of stages, can refer to.
    pub fn scope<'a>(&'a self, cell: Option<&'a Cell>) -> Scope<'a> {
        Scope { params: self, cell }
    }
}

/// A value that begins with a reference to an output of a stage is resolved by the input that it ends up in.
fn output(node: &Node) -> Option<Node> {
    let text = node.as_str()?;
    let segments = template::parse(text, node.span, &mut Diagnostics::default())?;
    let is_output = segments.first().is_some_and(Segment::is_output);
    is_output.then(|| Node { value: Tree::Output(text.to_owned()), span: node.span })
}

/// What is too much about a value.
fn excess(node: &Node) -> Option<&'static str> {
    if node.weight() > LARGEST {
        Some("too large")
    } else if node.depth() > DEEPEST {
        Some("nested too deeply")
    } else {
        None
    }
}

/// The parameters that a value refers to, by position.
fn referred(node: &Node, index: &IndexMap<&str, usize>) -> Vec<usize> {
    match &node.value {
        Tree::String(text) if !template::is_plain(text) => {
            // Faults in the text are reported when the value is resolved.
            let segments = template::parse(text, node.span, &mut Diagnostics::default()).unwrap_or_default();
            let names = segments.iter().filter_map(|segment| match segment {
                Segment::Reference(reference) => Some(reference.target),
                Segment::Text(_) => None,
            });
            names
                .filter_map(|target| match target {
                    Target::Param(path) => index.get(path.split('.').next().unwrap_or(path)).copied(),
                    _ => None,
                })
                .collect()
        }
        Tree::List(items) => items.iter().flat_map(|item| referred(item, index)).collect(),
        Tree::Table(table) => table.entries.iter().flat_map(|entry| referred(&entry.node, index)).collect(),
        _ => Vec::new(),
    }
}
