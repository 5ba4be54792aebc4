use crate::{
    inputs::run_input_name,
    node::{Entry, Node, Table, Tree},
    paths,
    pipeline::{CommandLine, Input, Output, Piece, Source, Stage},
    source::Span,
    stage::StageReader,
    template::{self, Reference, Segment, Target},
    words::Splitter,
};

impl StageReader<'_, '_> {
    /// Reads what a command declares: its inputs, its outputs and what it runs.
    pub fn command(&mut self, table: &Table, is_shell: bool, stage: &mut Stage) {
        for entry in self.named("inputs", table) {
            stage.inputs.extend(self.input(&entry.key, &entry.node));
        }
        for entry in self.named("outputs", table) {
            stage.outputs.extend(self.output(entry));
        }
        self.check_outputs(table, &stage.outputs);
        if let Some(run) = table.get("run") {
            stage.command = self.run(run, is_shell, table, stage);
        }
    }

    /// The entries of `inputs` or `outputs` with valid names.
    fn named<'t>(&mut self, field: &str, table: &'t Table) -> Vec<&'t Entry> {
        let Some(node) = table.get(field) else { return Vec::new() };
        let Some(table) = node.as_table() else {
            let message =
                format!("`{field}`: expected a table of names and paths, found {}", node.describe());
            let hint = format!("as in `{field} = {{ report = \"report.md\" }}`");
            self.diagnostics.error(node.span, message).hint(hint);
            return Vec::new();
        };
        let what = if field == "inputs" { "an input" } else { "an output" };
        table.entries.iter().filter(|entry| crate::names::check(what, entry, self.diagnostics)).collect()
    }

    fn output(&mut self, entry: &Entry) -> Option<Output> {
        let node = self.scope().resolve(&entry.node, self.diagnostics);
        match &node.value {
            Tree::String(text) => {
                let file = paths::inner(text, "the output", node.span, self.diagnostics)?;
                Some(Output { name: entry.key.clone(), file, required: true })
            }
            Tree::Broken => None,
            _ => {
                let message = format!("`outputs.{}`: expected a path, found {}", entry.key, node.describe());
                self.diagnostics.error(node.span, message);
                None
            }
        }
    }

    /// Reports outputs that are the same file, or that lie inside one another.
    fn check_outputs(&mut self, table: &Table, outputs: &[Output]) {
        let mut sorted: Vec<_> = outputs.iter().collect();
        sorted.sort_by(|left, right| left.file.split('/').cmp(right.file.split('/')));
        for pair in sorted.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            let is_inside = second.file.strip_prefix(&first.file).is_some_and(|rest| rest.starts_with('/'));
            if first.file != second.file && !is_inside {
                continue;
            }
            let message = if is_inside {
                format!("the output `{}` lies inside the output `{}`", second.name, first.name)
            } else {
                format!("the outputs `{}` and `{}` are one file, `{}`", first.name, second.name, first.file)
            };
            if let Some(node) = table.find(&["outputs", &second.name]) {
                self.diagnostics.error(node.span, message);
            }
        }
    }

    fn run(&mut self, node: &Node, is_shell: bool, table: &Table, stage: &mut Stage) -> Option<CommandLine> {
        let text = node.as_str()?;
        let segments = template::parse(text, node.span, self.diagnostics)?;
        let mut pieces = Vec::with_capacity(segments.len());
        for segment in segments {
            pieces.extend(match segment {
                Segment::Text(text) => Some(Piece::Text(text)),
                Segment::Reference(reference) => self.piece(&reference, table, stage),
            });
        }
        let is_blank = |piece: &Piece| matches!(piece, Piece::Text(text) if text.trim().is_empty());
        if pieces.iter().all(is_blank) {
            if text.trim().is_empty() {
                self.diagnostics.error(node.span, "`run` is empty");
            }
            return None;
        }
        if is_shell {
            return Some(CommandLine { argv: vec![pieces], shell: true });
        }
        self.split(pieces, node.span)
    }

    fn split(&mut self, pieces: Vec<Piece>, span: Span) -> Option<CommandLine> {
        let mut splitter = Splitter::default();
        for piece in pieces {
            match piece {
                Piece::Text(text) => splitter.push_text(&text),
                other => splitter.push_piece(other),
            }
        }
        match splitter.finish() {
            Ok((argv, operators)) => {
                if let Some(operator) = operators.first() {
                    self.diagnostics
                        .error(span, format!("`{operator}` in `run` means something to a shell only"))
                        .hint("add `shell = true`, or quote it if the program shall get it as an argument");
                }
                Some(CommandLine { argv, shell: false })
            }
            Err(fault) => {
                self.diagnostics.error(span, format!("`run` cannot be split into arguments: {fault}"));
                None
            }
        }
    }

    fn piece(&mut self, reference: &Reference<'_>, table: &Table, stage: &mut Stage) -> Option<Piece> {
        match reference.target {
            Target::Param(name) => {
                self.text_param(name.to_owned(), reference, stage);
                Some(Piece::Param(name.to_owned()))
            }
            Target::Matrix(name) => {
                self.text_param(format!("matrix.{name}"), reference, stage);
                Some(Piece::Matrix(name.to_owned()))
            }
            Target::Input(name) => self.declared_name("inputs", name, reference, table).map(Piece::Input),
            Target::Output(name) => self.declared_name("outputs", name, reference, table).map(Piece::Output),
            Target::Resource(name) => {
                const RESOURCES: [&str; 3] = ["cpus", "memory", "gpus"];
                if RESOURCES.contains(&name) {
                    return Some(Piece::Resource(name.to_owned()));
                }
                let message = format!("unknown resource `{name}`");
                self.diagnostics.unknown_name(reference.span, message, name, RESOURCES.into_iter());
                None
            }
            Target::StageOutput { stage: name, output } => self.run_input(name, output, reference, stage),
            Target::Unknown => {
                self.scope().report_unknown(reference, self.diagnostics);
                None
            }
        }
    }

    /// Files a parameter under the stage's own, so that it becomes part of the key.
    fn text_param(&mut self, name: String, reference: &Reference<'_>, stage: &mut Stage) {
        let scope = self.scope();
        let Some(node) = scope.value(reference, self.diagnostics) else { return };
        if node.to_text().is_none() && !node.is_broken() {
            let message = format!(
                "`${{{}}}` is {}, which cannot be part of a command",
                reference.name,
                node.describe()
            );
            self.diagnostics.error(reference.span, message);
        }
        stage.params.insert(name, node.to_json());
    }

    fn declared_name(
        &mut self,
        field: &str,
        name: &str,
        reference: &Reference<'_>,
        table: &Table,
    ) -> Option<String> {
        let declared = table.get(field).and_then(Node::as_table);
        if declared.is_some_and(|table| table.entry(name).is_some()) {
            return Some(name.to_owned());
        }
        let known = declared.into_iter().flat_map(|table| &table.entries).map(|entry| entry.key.as_str());
        let message = format!("`{name}` is not among the stage's `{field}`");
        self.diagnostics.unknown_name(reference.span, message, name, known);
        None
    }

    /// `${stages.STAGE.OUTPUT}` in `run` makes an input of its own, one for each different output.
    fn run_input(
        &mut self,
        name: &str,
        output: &str,
        reference: &Reference<'_>,
        stage: &mut Stage,
    ) -> Option<Piece> {
        let selection =
            self.project.stages.select_output(name, output, self.cell, reference, self.diagnostics)?;
        self.edges.push((selection.stage, reference.span));
        let source = |stage| Source::Output { stage, output: output.to_owned(), inside: None };
        let sources: Vec<Source> = selection.names.into_iter().map(source).collect();
        let of_run: Vec<&Input> =
            stage.inputs.iter().filter(|input| input.name.starts_with("run.")).collect();
        if let Some(known) =
            of_run.iter().find(|input| input.sources == sources && input.is_list == selection.is_list)
        {
            return Some(Piece::Input(known.name.clone()));
        }
        let input = run_input_name(of_run.len() + 1);
        stage.inputs.push(Input { name: input.clone(), sources, is_list: selection.is_list });
        Some(Piece::Input(input))
    }
}
