use spec::{Pipeline, Stage};
use std::path::PathBuf;

/// Where the outputs of a stage appear: `results/<pipeline>/<stage>/`, absolute.
pub fn results_folder(pipeline: &Pipeline, stage: &Stage) -> PathBuf {
    pipeline.root.join("results").join(&pipeline.name).join(file_name(&stage.name))
}

/// The stage's name as the name of a file: matrix values may hold what file names must not.
pub(crate) fn file_name(stage: &str) -> String {
    stage.replace(['/', '\\', '\0'], "_")
}
