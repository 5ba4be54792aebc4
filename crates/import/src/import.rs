use crate::{
    advice,
    definition::Definition,
    feeds::{Feed, MustSplit, Outputs},
    fixed, metrics,
    parameters::Parameters,
    params_file, paths,
    planned::{self, Candidate, Planned},
    project::Project,
    report::{Note, Report},
    scope::{Group, Role, Scope},
    stage_text::{self, Writer},
    text,
    tree::{Node, Place},
    variables::Variables,
};
use spec::SpecError;
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

/// A pipeline file made of a `dvc.yaml`.
#[derive(Debug)]
pub struct Imported {
    /// The file's text.
    pub text: String,
    /// How many stages it has, each matrix counted once.
    pub stages: usize,
    /// What is not, or not quite, carried over, in the order of the files.
    pub notes: Vec<Note>,
}

/// Reads a `dvc.yaml` and what it refers to, and writes the equivalent pipeline file, which is to lie at
/// `pipeline_file` in the project `root`. Nothing is written to disk.
///
/// # Errors
/// All that is wrong with the `dvc.yaml` and its files of parameters, at once.
pub fn import(dvc_file: &Path, pipeline_file: &Path, root: &Path) -> Result<Imported, Vec<SpecError>> {
    let mut report = Report::default();
    let text = read(dvc_file, root, &mut report);
    if let (Some((text, stages)), true) = (text, report.errors.is_empty()) {
        // The file must stand on its own: what it cannot say is an error of the import.
        spec::parse(&text, pipeline_file, root, &[])
            .map_err(|errors| errors.into_iter().collect::<Vec<_>>())?;
        report.notes.sort_by(|left, right| (&left.file, left.line).cmp(&(&right.file, right.line)));
        return Ok(Imported { text, stages, notes: report.notes });
    }
    report.errors.sort_by(|left, right| {
        (&left.file, left.line, left.column).cmp(&(&right.file, right.line, right.column))
    });
    Err(report.errors)
}

fn read(dvc_file: &Path, root: &Path, report: &mut Report) -> Option<(String, usize)> {
    let name = dvc_file.display().to_string();
    let dvc = params_file::read(dvc_file, &name).map_err(|error| report.error(error)).ok()?;
    let stages = dvc.get("stages").filter(|stages| !stages.entries().is_empty());
    let Some(stages) = stages else {
        report.error(Place::start(&dvc.place.source).error(format!("`{name}` has no stages"), &[]));
        return None;
    };
    let folder = std::path::absolute(dvc_file).ok()?.parent()?.to_owned();
    let prefix = prefix(&folder, root, &dvc, report)?;
    advice::sections(&dvc, report);
    let mut variables = Variables::empty(Place::start(&dvc.place.source));
    variables.add_default(&folder, &prefix, report);
    dvc.get("vars").into_iter().for_each(|vars| variables.add(vars, &folder, &prefix, report));
    // Everything else would be wrong for want of its variables.
    if !report.errors.is_empty() {
        return None;
    }
    let fixed = fixed::variables(stages, report);
    let parameters = RefCell::new(Parameters::default());
    let scope = Scope {
        globals: &variables,
        locals: None,
        group: Group::None,
        fixed: &fixed,
        parameters: &parameters,
    };
    let definitions: Vec<Definition<'_>> = stages
        .entries()
        .iter()
        .filter_map(|entry| Definition::read(entry, scope, &folder, &prefix, report))
        .collect();
    let candidates =
        definitions.iter().map(|definition| Candidate::new(definition, scope, &prefix, report)).collect();
    let top_level = top_level_metrics(&dvc, scope, &prefix, report);
    if !report.errors.is_empty() {
        return None;
    }
    let project = Project::new(root);
    Some(write(candidates, &dvc, &top_level, &project, &parameters, report))
}

/// The folder of the file as the project calls it.
fn prefix(folder: &Path, root: &Path, dvc: &Node, report: &mut Report) -> Option<String> {
    let Ok(prefix) = folder.strip_prefix(root) else {
        let message = format!("the file does not lie in the project `{}`", root.display());
        report.error(
            Place::start(&dvc.place.source).error(message, &["write the pipeline into the same project"]),
        );
        return None;
    };
    Some(paths::join("", &prefix.to_string_lossy()))
}

fn top_level_metrics(
    dvc: &Node,
    scope: Scope<'_>,
    prefix: &str,
    report: &mut Report,
) -> Vec<metrics::Declared> {
    let items = dvc.get("metrics").map(Node::items).unwrap_or_default();
    let declared = |item: &Node| match scope.text(item, Role::Data) {
        Ok(path) => Some(metrics::Declared { path: paths::join(prefix, &path?), place: item.place.clone() }),
        Err(error) => {
            report.error(error);
            None
        }
    };
    items.iter().filter_map(declared).collect()
}

fn write(
    mut candidates: Vec<Candidate<'_>>,
    dvc: &Node,
    top_level: &[metrics::Declared],
    project: &Project,
    parameters: &RefCell<Parameters>,
    report: &mut Report,
) -> (String, usize) {
    let (stages, feeds, outputs) = loop {
        let (numbers, stages): (Vec<usize>, Vec<Planned<'_>>) =
            planned::stages(&candidates).into_iter().unzip();
        let mut found = Report::default();
        let outputs = Outputs::new(&stages, &mut found);
        let feeds: Result<Vec<_>, MustSplit> =
            (0..stages.len()).map(|stage| stage_text::feeds(&stages, stage, &outputs)).collect();
        match feeds {
            Err(MustSplit(stage)) if candidates[numbers[stage]].is_regular() => {
                candidates[numbers[stage]].split()
            }
            feeds => {
                found.errors.into_iter().for_each(|error| report.error(Box::new(error)));
                let paths: Vec<String> = outputs.paths().map(str::to_owned).collect();
                break (stages.clone(), feeds.unwrap_or_default(), paths);
            }
        }
    };
    let metrics: Vec<_> =
        stages.iter().map(|stage| metrics::choose(&stage.resolved, top_level, &project.root)).collect();
    let names = stages
        .iter()
        .zip(&metrics)
        .map(|(stage, metrics)| stage_text::output_names(stage, metrics))
        .collect();
    let superseded = outputs.iter().cloned().chain(moved_params(&stages, &feeds, report)).collect();
    let writer = Writer { stages: &stages, project, parameters, feeds, metrics, names, outputs, superseded };
    give_advice(&writer, dvc, report);
    let texts: Vec<_> = (0..stages.len()).map(|stage| writer.stage(stage, report)).collect();
    let has_workspace = texts.iter().any(|text| text.has_workspace);
    let text = [header(dvc, has_workspace), text::params(&parameters.borrow())]
        .into_iter()
        .chain(texts.into_iter().map(|stage| stage.text))
        .chain([writer.metrics_section()])
        .collect();
    (text, stages.len())
}

/// The files of parameters whose values are in `[params]` from now on.
fn moved_params(stages: &[Planned<'_>], feeds: &[Vec<(String, Feed)>], report: &mut Report) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for (stage, feeds) in stages.iter().zip(feeds) {
        for params in stage.cells.iter().flat_map(|cell| &cell.params) {
            let is_input = feeds.iter().any(|(path, _)| *path == params.file);
            if is_input || stage_text::is_whole(params) || files.contains(&params.file) {
                continue;
            }
            files.push(params.file.clone());
            report.note(
                &params.place,
                format!(
                    "`{}` is not read any more: the values that stages declare are in `[params]`",
                    params.file
                ),
                "change them there, or for one run by `--set`; remove the file once DVC is not used any more",
            );
        }
    }
    files
}

fn give_advice(writer: &Writer<'_, '_>, dvc: &Node, report: &mut Report) {
    for (number, stage) in writer.stages.iter().enumerate() {
        advice::stage(stage, report);
        for (path, place, why) in &writer.metrics[number].others {
            advice::metrics(path, place, *why, report);
        }
        for (path, feed) in &writer.feeds[number] {
            if *feed == Feed::File {
                advice::tracked(path, writer.project, report);
            }
        }
    }
    let place = dvc.entries().iter().find(|entry| entry.key == "stages").map(|entry| entry.key_place.clone());
    advice::leftovers(&writer.outputs, writer.project, &place.unwrap_or(dvc.place.clone()), report);
}

fn header(dvc: &Node, has_workspace: bool) -> String {
    let file = PathBuf::from(&dvc.place.source.name);
    let file = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut text = format!("# Imported from {file} by `pipeline import`.\n");
    if has_workspace {
        text.push_str(WORKSPACE);
    }
    text
}

const WORKSPACE: &str = "\
#
# Commands that open files by fixed paths run in the folder that their outputs are taken from. First the project
# is linked into it, but for hidden files and folders that hold outputs; then what the stage declares. A file of
# parameters holds the declared values only, taken from [params], so that nothing else can be read unnoticed.
";
