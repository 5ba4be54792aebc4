use crate::{
    node::{Node, Tree},
    paths,
    pipeline::{Input, Source},
    source::Span,
    stage::StageReader,
    template::{self, Segment, Target},
};

/// What an input field says.
#[derive(Default)]
struct Sources {
    sources: Vec<Source>,
    is_list: bool,
}

impl StageReader<'_, '_> {
    /// The input called `name`: a path, a reference, or a list of them. What is wrong is reported.
    pub fn input(&mut self, name: &str, node: &Node) -> Option<Input> {
        let mut found = Sources::default();
        self.read_sources(name, node, &mut found)?;
        if found.sources.is_empty() {
            self.diagnostics.error(node.span, format!("`{name}` has no files"));
            return None;
        }
        Some(Input { name: name.to_owned(), sources: found.sources, is_list: found.is_list })
    }

    fn read_sources(&mut self, name: &str, node: &Node, found: &mut Sources) -> Option<()> {
        match &node.value {
            Tree::List(items) => {
                found.is_list = true;
                items.iter().map(|item| self.read_sources(name, item, found)).fold(Some(()), Option::and)
            }
            Tree::String(text) if template::is_plain(text) => self.read_path(text, node.span, found),
            Tree::String(text) => self.read_template(name, text, node.span, found),
            Tree::Broken => None,
            _ => {
                self.report_no_path(name, node);
                None
            }
        }
    }

    fn read_path(&mut self, text: &str, span: Span, found: &mut Sources) -> Option<()> {
        let path = paths::input(text, self.root, span, self.diagnostics)?;
        self.sources.note(&path, span, self.declared);
        found.sources.push(Source::Path(path));
        Some(())
    }

    fn read_template(&mut self, name: &str, text: &str, span: Span, found: &mut Sources) -> Option<()> {
        let segments = template::parse(text, span, self.diagnostics)?;
        let stage_output = |segment: &Segment<'_>| match segment {
            Segment::Reference(reference) => matches!(reference.target, Target::StageOutput { .. }),
            Segment::Text(_) => false,
        };
        if segments.first().is_some_and(stage_output) {
            return self.read_output(&segments, span, found);
        }
        let node =
            self.scope().resolve(&Node { value: Tree::String(text.to_owned()), span }, self.diagnostics);
        self.read_value(name, &node, found)
    }

    /// A value that comes from a parameter: no references are looked for in it any more.
    fn read_value(&mut self, name: &str, node: &Node, found: &mut Sources) -> Option<()> {
        match &node.value {
            Tree::String(text) => self.read_path(text, node.span, found),
            Tree::List(items) => {
                found.is_list = true;
                items.iter().map(|item| self.read_value(name, item, found)).fold(Some(()), Option::and)
            }
            Tree::Broken => None,
            _ => {
                self.report_no_path(name, node);
                None
            }
        }
    }

    /// `${stages.STAGE.OUTPUT}`, perhaps with a path inside that output behind it.
    fn read_output(&mut self, segments: &[Segment<'_>], span: Span, found: &mut Sources) -> Option<()> {
        let (Some(Segment::Reference(reference)), rest) = (segments.first(), segments.get(1..)?) else {
            return None;
        };
        let Target::StageOutput { stage, output } = reference.target else { return None };
        let selection = self.stages.select_output(stage, output, self.cell, reference, self.diagnostics);
        let rest = self.scope().join(rest, self.diagnostics)?;
        let inside = match rest.strip_prefix('/') {
            Some(path) => Some(paths::inner(path, "the path inside an output", span, self.diagnostics)?),
            None if rest.is_empty() => None,
            None => {
                self.diagnostics
                    .error(span, "only a path can follow an output")
                    .hint(format!("as in `${{{}}}/images`", reference.name));
                return None;
            }
        };
        let selection = selection?;
        self.edges.push((selection.stage, reference.span));
        found.is_list |= selection.is_list;
        found.sources.extend(selection.names.into_iter().map(|stage| Source::Output {
            stage,
            output: output.to_owned(),
            inside: inside.clone(),
        }));
        Some(())
    }

    fn report_no_path(&mut self, name: &str, node: &Node) {
        let message = format!("`{name}`: expected a path or a list of paths, found {}", node.describe());
        self.diagnostics.error(node.span, message);
    }
}

/// An input that a command's `run` names directly, by its number.
pub(crate) fn run_input_name(number: usize) -> String {
    format!("run.{number}")
}
