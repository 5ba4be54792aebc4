//! What a run leaves for people: tables of all experiments, and where the files of this one lie.

use crate::{
    failure::Failure,
    output,
    project::{self, Project},
};
use proto::RunRecord;
use results::{CompareOptions, Format};
use scheduler::{RunSummary, results_folder, runs};
use spec::{Kind, Pipeline};
use std::path::{Path, PathBuf};

/// Brings `results/table.csv` and `results/table.md` up to date if one of the runs is a new one, or one of them
/// is gone.
pub fn keep_tables(project: &Project, summaries: &[&RunSummary]) -> Result<(), Failure> {
    if summaries.iter().all(|summary| summary.is_settled()) {
        return put_tables_back(&project.pipeline.root);
    }
    results::write_tables(&project.store, &project.pipeline.root, &runs::list(&project.store))?;
    Ok(())
}

/// Makes the tables again that somebody has removed.
pub fn put_tables_back(root: &Path) -> Result<(), Failure> {
    let folder = root.join("results");
    if !["table.csv", "table.md"].iter().all(|name| folder.join(name).exists()) {
        let store = project::open_store(root)?;
        results::write_tables(&store, root, &runs::list(&store))?;
    }
    Ok(())
}

/// Prints the experiments of this pipeline and where its results lie, on stderr. A pipeline that measures
/// nothing has nothing to show.
pub fn show(project: &Project) -> Result<(), Failure> {
    let Project { pipeline, store } = project;
    if !pipeline.measures() {
        return Ok(());
    }
    let records: Vec<_> = runs::list(store).into_iter().filter(|run| run.pipeline == pipeline.name).collect();
    let table = results::compare(&records, &CompareOptions::default())?;
    let text = results::render(&table, Format::Terminal { width: output::width() })?;
    output::say(&format!("\n{text}"));
    let places = places(pipeline);
    if places.len() > MOST_PLACES {
        let folder = pipeline.root.join("results").join(&pipeline.name);
        output::say(&format!("results           {}", output::near(&folder).display()));
        return Ok(());
    }
    for (what, path) in places {
        output::say(&format!("{what:<17} {}", output::near(&path).display()));
    }
    Ok(())
}

/// Prints the experiments of a sweep side by side and where their results lie, on stderr.
pub fn show_sweep(project: &Project, summaries: &[RunSummary]) -> Result<(), Failure> {
    let ids: Vec<&str> = summaries.iter().map(|summary| summary.run.as_str()).collect();
    let of_sweep = |run: &RunRecord| ids.contains(&run.id.as_str());
    let records: Vec<_> = runs::list(&project.store).into_iter().filter(of_sweep).collect();
    let table = results::compare(&records, &CompareOptions::default())?;
    let text = results::render(&table, Format::Terminal { width: output::width() })?;
    let folders = project.pipeline.root.join("results").join(format!("{}@*", project.pipeline.name));
    output::say(&format!("\n{text}\n{:<17} {}", "results", output::near(&folders).display()));
    Ok(())
}

/// With more than that, as after a large matrix, only the folder is named.
const MOST_PLACES: usize = 12;

/// The outputs that people look at, as far as they are there.
fn places(pipeline: &Pipeline) -> Vec<(&'static str, PathBuf)> {
    let shown = |name: &str| match name {
        "weights" => Some("weights"),
        "curves" => Some("learning curves"),
        "confusion_plot" => Some("confusion matrix"),
        _ => None,
    };
    let mut places = Vec::new();
    for stage in &pipeline.stages {
        for output in &stage.outputs {
            let path = results_folder(pipeline, stage).join(&output.file);
            if let Some(what) = shown(&output.name).filter(|_| stage.kind != Kind::Command && path.exists()) {
                places.push((what, path));
            }
        }
    }
    places
}
