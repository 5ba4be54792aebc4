use std::path::{Component, Path, PathBuf};

/// The project root: the nearest folder above a pipeline file, its own included, that holds `.pipeline/`,
/// `.git` or `pipelines/`; otherwise the file's folder. Absolute.
pub fn find_root(file: &Path) -> PathBuf {
    let file = absolute(file);
    let folder = file.parent().unwrap_or(&file);
    let is_root =
        |folder: &&Path| [".pipeline", ".git", "pipelines"].iter().any(|name| folder.join(name).exists());
    folder.ancestors().find(is_root).unwrap_or(folder).to_owned()
}

/// The path relative to the root where it lies below it.
pub fn below(root: &Path, file: &Path) -> PathBuf {
    let file = absolute(file);
    file.strip_prefix(root).map(Path::to_owned).unwrap_or(file)
}

fn absolute(path: &Path) -> PathBuf {
    let has_parent = path.components().any(|component| component == Component::ParentDir);
    let resolved = if has_parent { path.canonicalize().ok() } else { None };
    resolved.or_else(|| std::path::absolute(path).ok()).unwrap_or_else(|| path.to_owned())
}
