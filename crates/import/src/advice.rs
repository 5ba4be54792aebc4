//! What a person should know about an import beside what could not be carried over.

use crate::{
    linked::Linked,
    metrics::Why,
    planned::Planned,
    project::Project,
    report::Report,
    tree::{Node, Place},
};

/// The sections at the top of the file that have no counterpart.
pub(crate) fn sections(root: &Node, report: &mut Report) {
    for entry in root.entries() {
        let (message, hint) = match entry.key.as_str() {
            "stages" | "vars" | "metrics" => continue,
            "plots" => ("`plots` are left out; the files are outputs like any other", ""),
            "artifacts" => {
                ("`artifacts` are left out", "results lie under `results/`, each with the run that made it")
            }
            "params" => {
                ("`params` at the top are left out: every parameter that a command refers to is shown", "")
            }
            "datasets" => ("`datasets` are left out", "what a stage reads is an input by its path"),
            other => {
                report.note(&entry.key_place, format!("`{other}` is not known here and is left out"), "");
                continue;
            }
        };
        report.note(&entry.key_place, message, hint);
    }
}

/// A stage's own fields that have no counterpart.
pub(crate) fn stage(stage: &Planned<'_>, report: &mut Report) {
    let body = stage.definition.body;
    let name = stage.definition.name();
    let field = |name: &str| body.entries().iter().find(|entry| entry.key == name);
    if let Some(meta) = field("meta") {
        report.note(&meta.key_place, format!("`meta` of stage `{name}` is left out"), "");
    }
    if let Some(vars) = field("vars") {
        report.note(
            &vars.key_place,
            format!("`vars` of stage `{name}` are written out where they are used"),
            "",
        );
    }
    if stage.shape.is_none() && stage.definition.group.is_some() {
        let message =
            format!("`{name}` becomes single stages: its cells differ in more than a `matrix` can say");
        report.note(&stage.definition.entry.key_place, message, "");
    }
    if stage.resolved.commands.iter().any(|command| command.split_whitespace().any(|word| word == "dvc")) {
        let message = format!("stage `{name}` calls `dvc`, which knows nothing of this pipeline's results");
        report.note(&stage.definition.entry.key_place, message, "");
    }
}

/// Data that DVC tracks: plain inputs, which DVC goes on fetching.
pub(crate) fn tracked(path: &str, project: &Project, report: &mut Report) {
    let Some((file, node)) = project.tracked_by(path) else { return };
    let start = Place::start(&node.place.source);
    let url =
        node.get("deps").and_then(|deps| deps.items().first()?.get("path")?.as_text().map(str::to_owned));
    let origin = url.map(|url| format!(", which comes from {url}")).unwrap_or_default();
    let hint = if project.exists(path) {
        String::new()
    } else {
        format!("`dvc pull {file}` fetches it; it is not there now")
    };
    report.note(
        &start,
        format!("`{path}` is tracked by `{file}`{origin}: here it is an input by its path"),
        hint,
    );
}

/// Metrics files that are outputs like any other.
pub(crate) fn metrics(path: &str, place: &Place, why: Why, report: &mut Report) {
    let (reason, hint) = match why {
        Why::NotJson => ("is not JSON", "let the stage write JSON for `pipeline compare` to show it"),
        Why::NotNumbers => {
            ("holds more than numbers", "only an object of numbers can be shown by `pipeline compare`")
        }
        Why::Second => {
            ("is not the first of its stage", "`pipeline compare` shows one file of metrics a stage")
        }
    };
    report.note(place, format!("`{path}` {reason}, so it is an output like any other"), hint);
}

/// What scripts that run in a workspace must not rely on.
pub(crate) fn scripts(linked: &Linked, place: &Place, project: &Project, report: &mut Report) {
    for input in linked.inputs.iter().filter(|input| !input.is_output) {
        if input.path.starts_with("../") {
            report.note(
                place,
                format!("`{}` lies outside of the project and is not in the stage's workspace", input.path),
                "let the command name it by an absolute path",
            );
        }
        let Some(text) = project.script(&input.path) else { continue };
        if text.contains("__file__") {
            report.note(
                place,
                format!("`{}` asks where it lies itself (`__file__`)", input.path),
                "paths that start from there lead out of the stage's workspace: use paths from the working directory",
            );
        }
        if text.contains("dvc.api") {
            report.note(
                place,
                format!(
                    "`{}` uses `dvc.api`, which reads the project's files and not the stage's",
                    input.path
                ),
                "read the file of parameters itself",
            );
        }
    }
}

/// Outputs that DVC left in the project.
pub(crate) fn leftovers(outputs: &[String], project: &Project, place: &Place, report: &mut Report) {
    const MOST: usize = 8;
    let left: Vec<String> =
        outputs.iter().filter(|path| project.exists(path)).map(|path| format!("`{path}`")).collect();
    if left.is_empty() {
        return;
    }
    let more = if left.len() > MOST { format!(" and {} more", left.len() - MOST) } else { String::new() };
    let shown = left[..left.len().min(MOST)].join(", ");
    report.note(
        place,
        format!("outputs that DVC left in the project are not read any more: {shown}{more}"),
        "remove them once the pipeline has run, so that nobody takes them for its results",
    );
}
