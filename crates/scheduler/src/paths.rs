use spec::{Pipeline, Stage};
use std::path::{Path, PathBuf};

/// Where the outputs of a stage appear, absolute: `results/<pipeline>/<stage>/`, and in a sweep
/// `results/<pipeline>@lr=0.1,seed=1/<stage>/`.
pub fn results_folder(pipeline: &Pipeline, stage: &Stage) -> PathBuf {
    stage_folder(&pipeline.root, &pipeline.experiment(), &stage.name)
}

/// As [`results_folder`], by names.
pub(crate) fn stage_folder(root: &Path, pipeline: &str, stage: &str) -> PathBuf {
    root.join("results").join(pipeline).join(file_name(stage))
}

/// The stage's name as the name of a file: matrix values may hold what file names must not.
pub(crate) fn file_name(stage: &str) -> String {
    stage.replace(['/', '\\', '\0'], "_")
}
