use crate::{
    declared::Stages,
    diagnostics::Diagnostics,
    error::{Errors, SpecError},
    file::{self, PipelineFile},
    graph, image_sizes, include, missing,
    node::Tree,
    overrides,
    params::Params,
    pipeline::{Pipeline, Stage},
    root::{below, find_root},
    source::Span,
    sources_seen::SourcesSeen,
    stage::{Project, StageReader},
    table_of_metrics,
};
use std::path::Path;

/// Reads a pipeline file. `overrides` are the pairs of `--set NAME=VALUE`: NAME is a parameter or
/// `stages.STAGE.FIELD`, VALUE is read as a TOML value where it is one, and as a string otherwise.
///
/// Sources that do not exist are no errors here; they are in [`Pipeline::missing_sources`].
///
/// # Errors
/// Everything that is wrong with the file and the overrides, at once; missing sources then too.
pub fn load(file: &Path, overrides: &[(String, String)]) -> Result<Pipeline, Errors> {
    let name = file.display().to_string();
    let cannot_read = |reason: String, hints| {
        Errors::from(SpecError::without_position(
            name.clone(),
            format!("cannot read `{name}`: {reason}"),
            hints,
        ))
    };
    let bytes = std::fs::read(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => cannot_read("there is no such file".to_owned(), Vec::new()),
        _ => cannot_read(error.to_string(), Vec::new()),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        cannot_read(format!("byte {valid} is not UTF-8"), vec!["pipeline files are UTF-8 text".to_owned()])
    })?;
    parse(&text, file, &find_root(file), overrides)
}

/// Reads the text of a pipeline file that is called `file`, in the project `root`. See [`load`].
///
/// # Errors
/// Everything that is wrong with the text and the overrides, at once.
pub fn parse(
    text: &str,
    file: &Path,
    root: &Path,
    overrides: &[(String, String)],
) -> Result<Pipeline, Errors> {
    let mut diagnostics = Diagnostics::default();
    diagnostics.sources.add(file.display().to_string(), text);
    let pipeline = read(text, file, root, overrides, &mut diagnostics);
    match (diagnostics.into_errors(), pipeline) {
        (None, Some(pipeline)) => Ok(pipeline),
        (Some(errors), pipeline) => {
            Err(errors.with(pipeline.map(|pipeline| pipeline.missing_sources).unwrap_or_default()))
        }
        (None, None) => {
            let message = "the file cannot be understood".to_owned();
            Err(SpecError::without_position(file.display().to_string(), message, Vec::new()).into())
        }
    }
}

fn read(
    text: &str,
    file: &Path,
    root: &Path,
    overrides: &[(String, String)],
    diagnostics: &mut Diagnostics,
) -> Option<Pipeline> {
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let table = file::read(text, 0, diagnostics)?;
    let (table, included) = include::resolve(table, root, diagnostics)?;
    let mut sections = file::sections(table, diagnostics);
    let overrides = overrides::apply(&mut sections, overrides, diagnostics);
    let params = Params::resolve(&sections.params, diagnostics);
    let stages = Stages::declare(&sections.stages, &params, diagnostics);
    let project = Project { pipeline: &name, root, params: &params, stages: &stages };
    let mut sources = SourcesSeen::default();
    let read_stages = read_stages(project, &mut sources, diagnostics);
    let scope = params.scope(None);
    let metrics = scope.resolve_table(&sections.metrics, diagnostics);
    let references = sections.references.as_ref().map(|node| scope.resolve(node, diagnostics));
    Some(Pipeline {
        variant: None,
        root: root.to_owned(),
        file: below(root, file),
        texts: std::iter::once((below(root, file), text.to_owned())).chain(included).collect(),
        description: description(&sections, &params, diagnostics),
        params: params.to_json(),
        overrides,
        stages: read_stages,
        metrics: table_of_metrics::metrics(&metrics, &stages, diagnostics),
        references: table_of_metrics::references(references.as_ref(), &stages, diagnostics),
        missing_sources: missing::errors(sources.missing(root), &diagnostics.sources),
        name,
    })
}

fn read_stages<'a>(
    project: Project<'a>,
    sources: &mut SourcesSeen<'a>,
    diagnostics: &mut Diagnostics,
) -> Vec<Stage> {
    let stages = project.stages;
    let mut read = Vec::with_capacity(stages.declared.len());
    let mut edges: Vec<Vec<(usize, Span)>> = Vec::with_capacity(stages.declared.len());
    for declared in &stages.declared {
        let mut needs = Vec::new();
        // A stage whose matrix is wrong is read once, for all else that is wrong with it.
        let unknown = declared.cells.is_none().then_some((&stages.unknown_cell, &declared.entry.key));
        let known = declared.cells.iter().flatten().zip(&declared.full_names);
        let cells = known.chain(unknown);
        for (kind, (cell, full_name)) in declared.kind.into_iter().cycle().zip(cells) {
            let edges = &mut needs;
            let reader =
                StageReader { project, declared, cell, full_name, kind, diagnostics, sources, edges };
            read.push(reader.read());
        }
        needs.sort_unstable();
        needs.dedup();
        edges.push(needs);
    }
    report_cycles(stages, &edges, diagnostics);
    image_sizes::check(&read, stages, diagnostics);
    read
}

fn report_cycles(stages: &Stages<'_>, edges: &[Vec<(usize, Span)>], diagnostics: &mut Diagnostics) {
    let targets: Vec<Vec<usize>> =
        edges.iter().map(|needs| needs.iter().map(|(stage, _)| *stage).collect()).collect();
    for cycle in graph::walk(&targets).cycles {
        let (Some(&first), second) = (cycle.first(), cycle.get(1).or(cycle.first())) else { continue };
        let span = edges[first].iter().find(|(stage, _)| Some(stage) == second).map(|(_, span)| *span);
        let name = |&stage: &usize| format!("`{}`", stages.declared[stage].name());
        let names: Vec<_> = cycle.iter().chain([&first]).map(name).collect();
        let message = format!("stages need each other in a circle: {}", names.join(" → "));
        diagnostics.error(span.unwrap_or(stages.declared[first].entry.key_span), message);
    }
}

fn description(sections: &PipelineFile, params: &Params, diagnostics: &mut Diagnostics) -> Option<String> {
    let node = params.scope(None).resolve(sections.description.as_ref()?, diagnostics);
    match node.value {
        Tree::String(text) => Some(text),
        Tree::Broken => None,
        _ => {
            diagnostics
                .error(node.span, format!("`description`: expected a string, found {}", node.describe()));
            None
        }
    }
}
