use crate::error::WorkerError;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use train::TrainError;

const ENDINGS: [&str; 3] = ["jpg", "jpeg", "png"];

/// The files among `paths`, and the images in the folders among them, at any depth, sorted by name.
///
/// # Errors
/// If a path is not there, or a folder holds no images.
pub(super) fn image_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, WorkerError> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        collect(path, &mut files).map_err(TrainError::file("read", path))?;
        if files.len() == before {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it holds no .jpg, .jpeg or .png files");
            return Err(TrainError::file("use", path)(source).into());
        }
    }
    Ok(files)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    entries
        .iter()
        .filter(|entry| entry.is_dir() || is_image(entry))
        .try_for_each(|entry| collect(entry, files))
}

fn is_image(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_and_files_taken_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("images/b")).unwrap();
        fs::create_dir_all(path("none")).unwrap();
        for name in ["images/b/2.JPEG", "images/a.png", "images/note.txt", "file.bin"] {
            fs::write(path(name), "").unwrap();
        }
        let found = image_files(&[path("file.bin"), path("images")]).unwrap();
        assert_eq!(found, [path("file.bin"), path("images/a.png"), path("images/b/2.JPEG")]);
        let causes = |path| image_files(&[path]).unwrap_err().causes().join(": ");
        assert!(causes(path("none")).contains("holds no"));
        assert!(causes(path("missing")).contains("missing"));
    }
}
