use crate::{
    advice,
    command::{self, Command, Task},
    feeds::{Feed, MustSplit, Outputs},
    linked::{Linked, LinkedOutput},
    mark,
    metrics::{self, Chosen, MetricsFile},
    names::Unique,
    parameters::Parameters,
    params_file::Format,
    params_text::ParamsText,
    paths,
    planned::Planned,
    project::Project,
    report::Report,
    resolve::ParamsUse,
    text::{self, Fields},
};
use std::{cell::RefCell, collections::HashMap};

/// Everything about all stages that one of them needs to be written.
pub(crate) struct Writer<'p, 'a> {
    pub stages: &'p [Planned<'a>],
    pub project: &'p Project,
    pub parameters: &'p RefCell<Parameters>,
    /// The paths that each stage reads and where they come from.
    pub feeds: Vec<Vec<(String, Feed)>>,
    pub metrics: Vec<Chosen>,
    /// The names of each stage's outputs, in the order of its outs.
    pub names: Vec<Vec<String>>,
    /// All outputs' paths, without marks.
    pub outputs: Vec<String>,
    /// The outputs, and the files of parameters whose values are in `[params]` now: what lies there in the project
    /// is not to be read.
    pub superseded: Vec<String>,
}

/// A stage as it stands in the file.
#[derive(Debug)]
pub(crate) struct StageText {
    pub text: String,
    pub has_workspace: bool,
}

/// The paths that a stage reads and where they come from.
pub(crate) fn feeds(
    stages: &[Planned<'_>],
    stage: usize,
    outputs: &Outputs<'_, '_>,
) -> Result<Vec<(String, Feed)>, MustSplit> {
    let Planned { resolved, cells, .. } = &stages[stage];
    let deps = resolved.deps.iter().enumerate().map(|(number, dep)| {
        let feed = outputs.feed(stage, &dep.path, |cell| cells[cell].deps[number].path.clone())?;
        Ok((dep.path.clone(), feed))
    });
    let params = resolved.params.iter().enumerate().filter_map(|(number, params)| {
        let feed = outputs.feed(stage, &params.file, |cell| cells[cell].params[number].file.clone());
        match feed {
            Ok(Feed::File) if !is_whole(params) => None,
            feed => Some(feed.map(|feed| (params.file.clone(), feed))),
        }
    });
    deps.chain(params).collect()
}

/// Whether all of a file counts.
pub(crate) fn is_whole(params: &ParamsUse) -> bool {
    params.keys.is_none() || Format::of(&params.file) == Format::Other
}

/// The names of a stage's outputs. `metrics` is kept for what the runner reads as metrics.
pub(crate) fn output_names(stage: &Planned<'_>, metrics: &Chosen) -> Vec<String> {
    let mut names = Unique::default();
    names.reserve("metrics");
    let outs = stage.resolved.outs.iter().enumerate();
    outs.map(|(number, out)| match metrics.file {
        Some(MetricsFile::Output(metrics)) if metrics == number => "metrics".to_owned(),
        _ => names.for_path(&out.path),
    })
    .collect()
}

impl Writer<'_, '_> {
    pub fn stage(&self, number: usize, report: &mut Report) -> StageText {
        let stage = &self.stages[number];
        let linked = self.linked(number);
        let params_files: Vec<(String, String)> = stage
            .resolved
            .params
            .iter()
            .filter_map(|params| self.params_file(number, params, report))
            .collect();
        let task = Task {
            commands: &stage.resolved.commands,
            wdir: &stage.resolved.wdir,
            linked: &linked,
            params_files: &params_files,
            superseded: &self.superseded,
            values: &self.values(stage),
        };
        let command = command::write(&task);
        if command.has_workspace {
            advice::scripts(&linked, &stage.definition.entry.key_place, self.project, report);
        }
        let fields = fields(stage, &linked, &command);
        StageText {
            text: format!("\n[stages.{}]\n{}", stage.name, fields.lines()),
            has_workspace: command.has_workspace,
        }
    }

    fn linked(&self, number: usize) -> Linked {
        let stage = &self.stages[number];
        let outs = stage.resolved.outs.iter().zip(&self.names[number]);
        let mut outputs: Vec<LinkedOutput> = outs
            .map(|(out, name)| LinkedOutput { name: name.clone(), path: out.path.clone(), copied_from: None })
            .collect();
        if let Some(MetricsFile::Inside(path)) = &self.metrics[number].file {
            let free =
                |path: &String| outputs.iter().all(|output| paths::inside(path, &output.path).is_none());
            let name =
                ["metrics.json", "metrics-of-the-stage.json"].map(str::to_owned).into_iter().find(free);
            let path_and_name = name.map(|file| (path.clone(), file));
            outputs.extend(path_and_name.map(|(from, file)| LinkedOutput {
                name: "metrics".to_owned(),
                path: file,
                copied_from: Some(from),
            }));
        }
        let has_content = |folder: &str| self.project.has_content(folder, &self.outputs);
        Linked::new(self.stages, &self.names, outputs, &self.feeds[number], has_content)
    }

    /// The file of parameters that is written for a stage: path and text.
    fn params_file(
        &self,
        number: usize,
        params: &ParamsUse,
        report: &mut Report,
    ) -> Option<(String, String)> {
        let keys = params.keys.as_ref()?;
        let is_input = self.feeds[number].iter().any(|(path, _)| *path == params.file);
        if is_input {
            let message = format!("all of `{}` counts, not only the keys that are listed", params.file);
            report.note(&params.place, message, "any change of the file runs the stage again");
            return None;
        }
        let root = self.project.params(&params.file, &params.place, report)?;
        let mut parameters = self.parameters.borrow_mut();
        let mut text = ParamsText {
            format: Format::of(&params.file),
            file: &params.file,
            parameters: &mut parameters,
            written_out: Vec::new(),
        };
        let present: Vec<&str> = keys
            .iter()
            .filter(|key| {
                let is_there = root.select(&key.path).is_some();
                if !is_there {
                    report.error(key.place.error(format!("`{}` has no `{}`", params.file, key.path), &[]));
                }
                is_there
            })
            .map(|key| key.path.as_str())
            .collect();
        let written = text.write(&root, &present).ok()?;
        for path in &text.written_out {
            let key = keys.iter().find(|key| path.starts_with(&key.path)).unwrap_or(&keys[0]);
            let message = format!(
                "`{path}` of `{}` is written out where it is used: `--set` does not reach it",
                params.file
            );
            report.note(
                &key.place,
                message,
                "lists, empty values and some texts cannot be references in a command",
            );
        }
        Some((params.file.clone(), written))
    }

    /// What the references in a stage's command stand for.
    fn values(&self, stage: &Planned<'_>) -> HashMap<String, Vec<String>> {
        let parameters = self.parameters.borrow();
        let params = parameters
            .entries
            .iter()
            .filter_map(|entry| Some((format!("params.{}", entry.name), vec![entry.value.text()?])));
        let references = stage.resolved.commands.iter().flat_map(|command| mark::all(command));
        let cells = references.filter_map(|(_, reference)| {
            let shape = stage.shape?;
            let values =
                (0..shape.cells.len()).filter_map(|cell| shape.value(cell, reference)).collect::<Vec<_>>();
            (!values.is_empty()).then(|| (reference.to_owned(), values))
        });
        params.chain(cells).collect()
    }

    /// The `[metrics]` of stages whose metrics are known from an earlier run of DVC.
    pub fn metrics_section(&self) -> String {
        let mut fields = Fields::default();
        for (stage, chosen) in self.stages.iter().zip(&self.metrics) {
            let path = match &chosen.file {
                Some(MetricsFile::Output(out)) => &stage.resolved.outs[*out].path,
                Some(MetricsFile::Inside(path)) => path,
                None => continue,
            };
            let keys = metrics::keys(&self.project.root.join(path)).flatten().unwrap_or_default();
            for key in keys {
                let goal = if metrics::is_better_low(&key) { "min" } else { "max" };
                fields
                    .add(&text::string(&format!("{}.{key}", stage.name)), format!("{{ goal = \"{goal}\" }}"));
            }
        }
        let lines = fields.lines();
        if lines.is_empty() { lines } else { format!("\n[metrics]\n{lines}") }
    }
}

fn fields(stage: &Planned<'_>, linked: &Linked, command: &Command) -> Fields {
    let body = stage.definition.body;
    let mut fields = Fields::default();
    if let Some(desc) = body.get("desc").and_then(|desc| desc.as_text()) {
        fields.add_text("description", desc.trim());
    }
    fields.add("kind", "\"command\"".to_owned());
    if let Some(shape) = stage.shape {
        fields.add("matrix", text::matrix(&shape.matrix));
    }
    if body.get("frozen").is_some_and(|node| node.is_true()) {
        fields.add("frozen", "true".to_owned());
    }
    let has_nothing =
        stage.resolved.deps.is_empty() && stage.resolved.params.is_empty() && stage.resolved.outs.is_empty();
    if has_nothing || body.get("always_changed").is_some_and(|node| node.is_true()) {
        fields.add("cache", "false".to_owned());
    }
    let inputs = linked.inputs.iter().map(|input| (input.name.clone(), input.source.clone()));
    fields.add_texts("inputs", &inputs.collect::<Vec<_>>());
    let outputs = linked.outputs.iter().map(|output| (output.name.clone(), output.path.clone()));
    fields.add_texts("outputs", &outputs.collect::<Vec<_>>());
    if command.is_shell {
        fields.add("shell", "true".to_owned());
    }
    fields.add_text("run", &command.run);
    fields
}
