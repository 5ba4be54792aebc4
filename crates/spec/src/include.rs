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

/// Puts a file's tables over those of the file that it includes, which may include one itself. `None` if one
/// of them cannot be read, which has been reported.
pub(crate) fn resolve(table: Table, root: &Path, diagnostics: &mut Diagnostics) -> Option<Table> {
    resolve_one(table, root, &mut Vec::new(), diagnostics)
}

fn resolve_one(
    mut table: Table,
    root: &Path,
    included: &mut Vec<PathBuf>,
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
fn read(
    node: &Node,
    root: &Path,
    included: &mut Vec<PathBuf>,
    diagnostics: &mut Diagnostics,
) -> Option<Table> {
    let Some(name) = node.as_str() else {
        diagnostics.error(node.span, format!("`include`: expected a path, found {}", node.describe()));
        return None;
    };
    let path = root.join(name);
    if included.contains(&path) {
        diagnostics.error(node.span, format!("`{name}` includes itself, directly or through others"));
        return None;
    }
    match fs::read_to_string(&path) {
        Ok(text) => {
            included.push(path);
            let source = diagnostics.sources.add(name, text.as_str());
            file::read(&text, source, diagnostics)
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
