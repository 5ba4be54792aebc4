use crate::{
    arguments,
    cells::{Cell, Shape},
    expression, fixed, mark,
    parameters::Parameters,
    tree::{Fault, Node, Value},
    variables::{self, Variables},
};
use std::{cell::RefCell, collections::HashSet};

/// What the `${…}` of a stage stand for.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The file's variables.
    pub globals: &'a Variables,
    /// The stage's own `vars`.
    pub locals: Option<&'a Variables>,
    pub group: Group<'a>,
    /// Variables whose value is written out everywhere, since paths are made of them.
    pub fixed: &'a HashSet<String>,
    pub parameters: &'a RefCell<Parameters>,
}

/// What `${item}` and `${key}` stand for.
#[derive(Clone, Copy)]
pub(crate) enum Group<'a> {
    None,
    /// Their values in one cell.
    Cell(&'a Cell),
    /// References to a `matrix`.
    Matrix(&'a Shape),
}

/// What a text is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A path or other data: variables are replaced by their values.
    Data,
    /// A command: variables become references to `[params]`.
    Command,
}

impl Scope<'_> {
    /// The text of a node with its expressions replaced. `None`: it cannot be said for a whole `matrix`.
    pub fn text(&self, node: &Node, role: Role) -> Result<Option<String>, Fault> {
        let Some(template) = node.as_text() else {
            let text = node.value.text();
            return text.map(Some).ok_or_else(|| {
                node.place.error(format!("expected a string, found {}", node.describe()), &[])
            });
        };
        let expressions = expression::find(template).map_err(|inner| {
            node.place
                .error(format!("`${{{inner}}}` cannot be understood"), &["`\\${NAME}` is left to the shell"])
        })?;
        let mut text = String::new();
        let mut position = 0;
        for found in expressions {
            text.push_str(&expression::unescaped(&template[position..found.range.start]));
            let Some(value) = self.expand(&found.path, node, role)? else { return Ok(None) };
            text.push_str(&value);
            position = found.range.end;
        }
        text.push_str(&expression::unescaped(&template[position..]));
        Ok(Some(text))
    }

    /// A value with all expressions in it replaced; a text that is one expression becomes its value.
    pub fn data(&self, node: &Node) -> Result<Node, Fault> {
        let value = match &node.value {
            Value::Text(text) => {
                let only = expression::find(text)
                    .ok()
                    .filter(|found| matches!(found.as_slice(), [only] if only.range == (0..text.len())));
                match only.as_deref() {
                    Some([only]) => {
                        let value = self
                            .value(&only.path)
                            .ok_or_else(|| variables::unknown(&only.path, &node.place))?;
                        return Ok(Node { value: value.value.clone(), place: node.place.clone() });
                    }
                    _ => Value::Text(self.text(node, Role::Data)?.unwrap_or_default()),
                }
            }
            Value::List(items) => {
                Value::List(items.iter().map(|item| self.data(item)).collect::<Result<_, _>>()?)
            }
            Value::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|entry| Ok(crate::tree::Entry { node: self.data(&entry.node)?, ..entry.clone() }))
                    .collect::<Result<_, Fault>>()?,
            ),
            other => other.clone(),
        };
        Ok(Node { value, place: node.place.clone() })
    }

    fn expand(&self, path: &str, node: &Node, role: Role) -> Result<Option<String>, Fault> {
        if let Group::Matrix(shape) = self.group
            && matches!(path.split('.').next(), Some("item" | "key"))
        {
            return Ok(shape.reference(path).map(|reference| mark::of(&reference)));
        }
        let value = self.value(path).ok_or_else(|| variables::unknown(path, &node.place))?;
        if let Value::Map(_) = value.value
            && role == Role::Command
        {
            let text = |path: &str, node: &Node| self.in_command(path, node);
            return arguments::of(path, value, &text).map(Some).map_err(|key| {
                node.place.error(format!("`{key}` of `${{{path}}}` cannot be written as arguments"), &[])
            });
        }
        let text = match role {
            Role::Command => self.in_command(path, value),
            Role::Data => arguments::python_text(&value.value),
        };
        text.map(Some).ok_or_else(|| {
            node.place
                .error(format!("`${{{path}}}` is {}, which cannot be part of a text", value.describe()), &[])
        })
    }

    /// A scalar as a command has it: a reference where there can be one.
    fn in_command(&self, path: &str, node: &Node) -> Option<String> {
        let is_global = self.cell_value(path).is_none() && self.local(path).is_none();
        let name = (is_global && !fixed::contains(self.fixed, path))
            .then(|| self.parameters.borrow_mut().name(&node.place.source.name, path, node))
            .flatten();
        name.map(|name| mark::of(&format!("params.{name}"))).or_else(|| arguments::python_text(&node.value))
    }

    fn value(&self, path: &str) -> Option<&Node> {
        self.cell_value(path).or_else(|| self.local(path)).or_else(|| self.globals.root.select(path))
    }

    fn local(&self, path: &str) -> Option<&Node> {
        self.locals?.root.select(path)
    }

    fn cell_value(&self, path: &str) -> Option<&Node> {
        match self.group {
            Group::Cell(cell) => cell.values.select(path),
            _ => None,
        }
    }
}
