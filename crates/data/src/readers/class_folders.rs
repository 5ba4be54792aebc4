use super::folder::{self, Entry};
use crate::DataError;
use crate::source::{Images, Samples};
use std::path::{Path, PathBuf};

/// The image files in a folder, sorted by bytes. A folder in it, or an empty folder, is an error; whether
/// the files are images shows when they are read.
pub(crate) fn image_files(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    let entries = folder::list(path)?;
    if entries.is_empty() {
        return Err(DataError::invalid(path, "holds no images"));
    }
    match entries.iter().find(|entry| entry.is_folder) {
        Some(entry) => Err(DataError::invalid(&entry.path, "is a folder where only images are expected")),
        None => Ok(entries.into_iter().map(|entry| entry.path).collect()),
    }
}

/// The images of folders, one folder a class, in the order of the classes.
pub(crate) fn samples(folders: impl IntoIterator<Item = PathBuf>) -> Result<Samples, DataError> {
    let (mut labels, mut files) = (Vec::new(), Vec::new());
    for (label, folder) in folders.into_iter().enumerate() {
        files.extend(image_files(&folder)?);
        labels.resize(files.len(), label);
    }
    Ok(Samples { labels, images: Images::Files(files) })
}

/// The folders in a folder that should hold one a class; an image beside them would belong to no class.
pub(crate) fn class_folders(path: &Path) -> Result<Vec<Entry>, DataError> {
    let (folders, files): (Vec<Entry>, Vec<Entry>) =
        folder::list(path)?.into_iter().partition(|entry| entry.is_folder);
    if let Some(file) = files.iter().find(|file| is_named_like_an_image(&file.path)) {
        return Err(DataError::invalid(&file.path, "is an image outside of the class folders"));
    }
    if folders.is_empty() {
        return Err(DataError::invalid(path, "holds no folders, one of which each class should have"));
    }
    Ok(folders)
}

fn is_named_like_an_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["jpg", "jpeg", "png"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
