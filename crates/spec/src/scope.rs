use crate::{
    diagnostics::Diagnostics,
    matrix::Cell,
    node::{Entry, Node, Table, Tree},
    params::Params,
    source::Span,
    template::{self, Reference, Segment, Target},
};

/// The names that a value of the file can refer to, and their values.
pub(crate) struct Scope<'a> {
    pub params: &'a Params,
    /// The values of `${matrix.…}`; `None` where that cannot be used at all.
    pub cell: Option<&'a Cell>,
}

impl Scope<'_> {
    /// The value with all its references replaced. A part that cannot be resolved is reported and broken.
    pub fn resolve(&self, node: &Node, diagnostics: &mut Diagnostics) -> Node {
        let value = match &node.value {
            Tree::String(text) => return self.resolve_text(text, node.span, diagnostics),
            Tree::List(items) => {
                Tree::List(items.iter().map(|item| self.resolve(item, diagnostics)).collect())
            }
            Tree::Table(table) => Tree::Table(self.resolve_table(table, diagnostics)),
            other => other.clone(),
        };
        Node { value, span: node.span }
    }

    pub fn resolve_table(&self, table: &Table, diagnostics: &mut Diagnostics) -> Table {
        Table { entries: table.entries.iter().map(|entry| self.resolve_entry(entry, diagnostics)).collect() }
    }

    pub fn resolve_entry(&self, entry: &Entry, diagnostics: &mut Diagnostics) -> Entry {
        let node = self.resolve(&entry.node, diagnostics);
        Entry { key: entry.key.clone(), key_span: entry.key_span, node }
    }

    /// A string that is one reference becomes its value, type and place included; others become text.
    fn resolve_text(&self, text: &str, span: Span, diagnostics: &mut Diagnostics) -> Node {
        if template::is_plain(text) {
            return Node { value: Tree::String(text.to_owned()), span };
        }
        let Some(segments) = template::parse(text, span, diagnostics) else { return Node::broken(span) };
        if let [Segment::Reference(reference)] = segments.as_slice() {
            return self.value(reference, diagnostics).cloned().unwrap_or(Node::broken(span));
        }
        match self.join(&segments, diagnostics) {
            Some(text) => Node { value: Tree::String(text), span },
            None => Node::broken(span),
        }
    }

    /// The text that the segments make; `None` if one of them cannot be resolved.
    pub fn join(&self, segments: &[Segment<'_>], diagnostics: &mut Diagnostics) -> Option<String> {
        let mut text = Some(String::new());
        for segment in segments {
            let piece = match segment {
                Segment::Text(text) => Some(text.clone()),
                Segment::Reference(reference) => self.text(reference, diagnostics),
            };
            text = text.zip(piece).map(|(text, piece)| text + &piece);
        }
        text
    }

    fn text(&self, reference: &Reference<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
        let node = self.value(reference, diagnostics)?;
        let text = node.to_text();
        if text.is_none() && !node.is_broken() {
            let message =
                format!("`${{{}}}` is {}, which cannot be part of a text", reference.name, node.describe());
            diagnostics.error(reference.span, message);
        }
        text
    }

    /// The value of a parameter or matrix key. Anything else is reported: it has no value before its stage runs.
    pub fn value(&self, reference: &Reference<'_>, diagnostics: &mut Diagnostics) -> Option<&Node> {
        match reference.target {
            Target::Param(name) => self.param(name, reference, diagnostics),
            Target::Matrix(name) => self.matrix(name, reference, diagnostics),
            Target::StageOutput { .. } => {
                let message = format!("`${{{}}}` is a file, and this is no input", reference.name);
                diagnostics.error(reference.span, message).hint(
                    "outputs of other stages can be used in input fields, in a command's `inputs` and in its `run`",
                );
                None
            }
            Target::Input(_) | Target::Output(_) | Target::Resource(_) => {
                let message = format!("`${{{}}}` is known only in a command's `run`", reference.name);
                diagnostics.error(reference.span, message);
                None
            }
            Target::Unknown => {
                self.report_unknown(reference, diagnostics);
                None
            }
        }
    }

    fn param(&self, name: &str, reference: &Reference<'_>, diagnostics: &mut Diagnostics) -> Option<&Node> {
        let node = self.params.get(name);
        if node.is_none() {
            let known = self.params.names();
            diagnostics.unknown_name(reference.span, format!("unknown parameter `{name}`"), name, known);
        }
        node
    }

    fn matrix(&self, name: &str, reference: &Reference<'_>, diagnostics: &mut Diagnostics) -> Option<&Node> {
        let Some(cell) = self.cell else {
            diagnostics.error(reference.span, format!("`${{{}}}` has no value here", reference.name));
            return None;
        };
        if cell.is_unknown {
            return None;
        }
        let node = cell.get(name);
        if node.is_none() && cell.values.is_empty() {
            diagnostics
                .error(reference.span, format!("`${{{}}}` in a stage without a `matrix`", reference.name));
        } else if node.is_none() {
            let known = cell.values.keys().map(String::as_str);
            diagnostics.unknown_name(reference.span, format!("unknown matrix key `{name}`"), name, known);
        }
        node
    }

    /// Reports a reference without a known namespace.
    pub fn report_unknown(&self, reference: &Reference<'_>, diagnostics: &mut Diagnostics) {
        const NAMESPACES: [&str; 6] = ["params", "stages", "matrix", "inputs", "outputs", "resources"];
        let name = reference.name;
        let namespace = name.split('.').next().unwrap_or(name);
        let diagnostic = match name.split_once('.') {
            Some(("stages", stage)) => {
                let message = format!("`${{{name}}}` does not say which output of `{stage}` is meant");
                diagnostics.error(reference.span, message).hint(format!("write `${{stages.{stage}.OUTPUT}}`"))
            }
            Some(_) => {
                let message = format!("unknown namespace `{namespace}`");
                diagnostics.unknown_name(reference.span, message, namespace, NAMESPACES.into_iter())
            }
            None => {
                let diagnostic =
                    diagnostics.error(reference.span, format!("unknown reference `${{{name}}}`"));
                if self.params.get(name).is_some() {
                    diagnostic.hint(format!("did you mean `${{params.{name}}}`?"))
                } else if self.cell.is_some_and(|cell| cell.get(name).is_some()) {
                    diagnostic.hint(format!("did you mean `${{matrix.{name}}}`?"))
                } else {
                    diagnostic
                }
            }
        };
        diagnostic.hint(format!("write `$${{{name}}}` for a literal dollar"));
    }
}
