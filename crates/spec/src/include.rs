use crate::{
    diagnostics::Diagnostics,
    file,
    node::{Node, Table, Tree},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The field at the top of a file that names another whose contents it builds on.
pub(crate) const INCLUDE: &str = "include";

/// The files that are included, relative to the project root, and their texts.
pub(crate) type Included = Vec<(PathBuf, String)>;

/// Puts a file's tables over those of the file that it includes, which may include one itself. `None` if one
/// of them cannot be read, which has been reported.
pub(crate) fn resolve(table: Table, root: &Path, diagnostics: &mut Diagnostics) -> Option<(Table, Included)> {
    let mut included = Vec::new();
    let table = resolve_one(table, root, &mut included, diagnostics)?;
    Some((table, included))
}

fn resolve_one(
    mut table: Table,
    root: &Path,
    included: &mut Included,
    diagnostics: &mut Diagnostics,
) -> Option<Table> {
    let Some(position) = table.entries.iter().position(|entry| entry.key == INCLUDE) else {
        return Some(table);
    };
    let node = table.entries.remove(position).node;
    let base = read(&node, root, included, diagnostics)?;
    Some(overlay(resolve_one(base, root, included, diagnostics)?, table))
}

/// The contents of the file that an `include` names.
fn read(node: &Node, root: &Path, included: &mut Included, diagnostics: &mut Diagnostics) -> Option<Table> {
    let Some(name) = node.as_str() else {
        diagnostics.error(node.span, format!("`include`: expected a path, found {}", node.describe()));
        return None;
    };
    let path = PathBuf::from(name);
    if included.iter().any(|(known, _)| *known == path) {
        diagnostics.error(node.span, format!("`{name}` includes itself, directly or through others"));
        return None;
    }
    match fs::read_to_string(root.join(&path)) {
        Ok(text) => {
            let source = diagnostics.sources.add(name, text.as_str());
            let table = file::read(&text, source, diagnostics);
            included.push((path, text));
            table
        }
        Err(error) => {
            let diagnostic = diagnostics.error(node.span, format!("cannot include `{name}`: {error}"));
            diagnostic.hint("the path is relative to the project root");
            None
        }
    }
}

/// `over` on top of `base`: tables are merged, key by key, and everything else is replaced.
fn overlay(base: Table, over: Table) -> Table {
    let mut merged = base;
    for entry in over.entries {
        match merged.entries.iter_mut().find(|known| known.key == entry.key) {
            None => merged.entries.push(entry),
            Some(known) => {
                known.key_span = entry.key_span;
                let below = std::mem::replace(&mut known.node, Node::broken(entry.node.span));
                known.node = match (below.value, entry.node.value) {
                    (Tree::Table(below), Tree::Table(above)) => {
                        Node { value: Tree::Table(overlay(below, above)), span: entry.node.span }
                    }
                    (_, value) => Node { value, span: entry.node.span },
                };
            }
        }
    }
    merged
}
