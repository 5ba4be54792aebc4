use crate::{
    Kind,
    kinds::Content,
    node::{Node, Tree},
    paths,
    pipeline::{Input, Source},
    source::Span,
    stage::StageReader,
    template::{self, Reference, Segment, Target},
};
use std::path::Path;

/// What an input field says.
#[derive(Default)]
struct Sources {
    sources: Vec<Source>,
    is_list: bool,
}

impl<'a> StageReader<'a, '_> {
    /// The input called `name`: a path, a reference, or a list of them. What is wrong is reported.
    pub fn input(&mut self, name: &str, node: &Node) -> Option<Input> {
        let mut found = Sources::default();
        self.read_sources(name, node, &mut found)?;
        if found.sources.is_empty() {
            self.diagnostics.error(node.span, format!("`{name}` has no files"));
            return None;
        }
        if found.is_list && self.kind.input(name).is_some_and(|rule| !rule.takes_list) {
            self.report_list(name, node, &found.sources);
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
        let path = paths::input(text, self.project.root, span, self.diagnostics)?;
        if let Some(advice) = self.owner(&path) {
            let message = format!("`{}` is written by another stage of this pipeline", path.display());
            self.diagnostics.error(span, message).hint(advice);
            return None;
        }
        self.sources.note(&path, span, self.declared);
        found.sources.push(Source::Path(path));
        Some(())
    }

    fn read_template(&mut self, name: &str, text: &str, span: Span, found: &mut Sources) -> Option<()> {
        let segments = template::parse(text, span, self.diagnostics)?;
        let segments = self.with_output_of_param(segments)?;
        if segments.first().is_some_and(Segment::is_output) {
            return self.read_output(name, &segments, span, found);
        }
        let node =
            self.scope().resolve(&Node { value: Tree::String(text.to_owned()), span }, self.diagnostics);
        self.read_value(name, &node, found)
    }

    /// The same with a parameter at the beginning replaced by the output that it stands for, if it does.
    fn with_output_of_param<'s>(&mut self, segments: Vec<Segment<'s>>) -> Option<Vec<Segment<'s>>>
    where
        'a: 's,
    {
        let Some(Segment::Reference(Reference { target: Target::Param(name), .. })) = segments.first() else {
            return Some(segments);
        };
        let Some(Node { value: Tree::Output(text), span }) = self.project.params.get(name) else {
            return Some(segments);
        };
        let output = template::parse(text, *span, self.diagnostics)?;
        Some(output.into_iter().chain(segments.into_iter().skip(1)).collect())
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
    fn read_output(
        &mut self,
        name: &str,
        segments: &[Segment<'_>],
        span: Span,
        found: &mut Sources,
    ) -> Option<()> {
        let (Some(Segment::Reference(reference)), rest) = (segments.first(), segments.get(1..)?) else {
            return None;
        };
        let Target::StageOutput { stage, output } = reference.target else { return None };
        let selection =
            self.project.stages.select_output(stage, output, self.cell, reference, self.diagnostics);
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
        if inside.is_none() {
            self.check_content(name, stage, output, reference.span)?;
        }
        self.edges.push((selection.stage, reference.span));
        found.is_list |= selection.is_list;
        found.sources.extend(selection.names.into_iter().map(|stage| Source::Output {
            stage,
            output: output.to_owned(),
            inside: inside.clone(),
        }));
        Some(())
    }

    /// Whether the output is what a built-in stage reads as `name`.
    fn check_content(&mut self, name: &str, stage: &str, output: &str, span: Span) -> Option<()> {
        let wanted = self.kind.input(name).map_or(Content::Anything, |rule| rule.content);
        let producer = self.project.stages.get(stage.split('@').next()?).and_then(|declared| declared.kind);
        let rules = producer.map(Kind::outputs).unwrap_or_default();
        let made = rules.iter().find(|rule| rule.name == output);
        let Some(made) = made.filter(|rule| !rule.content.may_be(wanted)) else { return Some(()) };
        let message =
            format!("`{name}` takes {wanted}, but `{output}` of stage `{stage}` is {}", made.content);
        let diagnostic = self.diagnostics.error(span, message);
        let fitting: Vec<_> = rules.iter().filter(|rule| rule.content == wanted).collect();
        if let [only] = fitting.as_slice() {
            diagnostic.hint(format!("write `${{stages.{stage}.{}}}`", only.name));
        }
        None
    }

    /// What to write instead of a path below the results of this very pipeline, which would be read without
    /// waiting for the stage that writes it.
    fn owner(&self, path: &Path) -> Option<String> {
        let mut parts =
            path.strip_prefix("results").ok()?.strip_prefix(self.project.pipeline).ok()?.components();
        let stage = parts.next()?.as_os_str().to_str()?;
        let declared = self.project.stages.get(stage.split('@').next()?)?;
        let file = parts.as_path();
        let rule = declared.kind?.outputs().iter().find(|rule| file == Path::new(rule.file));
        let output = rule.map_or("OUTPUT", |rule| rule.name);
        Some(format!("write `${{stages.{stage}.{output}}}`, so that this stage waits for it"))
    }

    fn report_list(&mut self, name: &str, node: &Node, sources: &[Source]) {
        let message = format!("`{name}` of a stage of kind `{}` is one file, not a list", self.kind.name());
        let diagnostic = self.diagnostics.error(node.span, message);
        if let Some(Source::Output { stage, output, .. }) = sources.first()
            && let Some((base, _)) = stage.split_once('@')
        {
            diagnostic.hint(format!(
                "`{base}` has a `matrix`: give this stage the same one, or name a cell as in `${{stages.{stage}.{output}}}`"
            ));
        }
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
