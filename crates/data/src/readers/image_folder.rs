use super::class_folders::{class_folders, samples};
use super::folder;
use crate::DataError;
use crate::source::{Samples, Source};
use std::path::Path;

/// The folders that splits are named by.
const SPLITS: [&str; 3] = ["train", "val", "test"];

/// Reads a folder with one sub-folder a class, or `train`, `val` and `test` folders of that kind.
///
/// Classes are the names of the training folders, sorted by bytes; every split has all of them.
pub(crate) fn read(path: &Path) -> Result<Source, DataError> {
    let has_splits = path.join(SPLITS[0]).is_dir();
    if has_splits {
        check_only_splits(path)?;
    }
    let train_path = if has_splits { path.join(SPLITS[0]) } else { path.to_path_buf() };
    let folders = class_folders(&train_path)?;
    let class_names: Vec<String> = folders.iter().map(|folder| folder.name.clone()).collect();
    let train = samples(folders.into_iter().map(|folder| folder.path))?;
    let other = |name| {
        let path = path.join(name);
        if has_splits && path.is_dir() { read_split(&path, &class_names).map(Some) } else { Ok(None) }
    };
    let (val, test) = (other(SPLITS[1])?, other(SPLITS[2])?);
    Ok(Source { path: path.to_path_buf(), class_names, class_ids: None, train, val, test })
}

fn check_only_splits(path: &Path) -> Result<(), DataError> {
    let entries = folder::list(path)?;
    match entries.iter().find(|entry| entry.is_folder && !SPLITS.contains(&entry.name.as_str())) {
        None => Ok(()),
        Some(entry) => Err(DataError::invalid_with_hint(
            &entry.path,
            "stands beside `train`, but is no split",
            "splits are `train`, `val` and `test`",
        )),
    }
}

fn read_split(path: &Path, class_names: &[String]) -> Result<Samples, DataError> {
    let folders = class_folders(path)?;
    if let Some(folder) = folders.iter().find(|folder| class_names.binary_search(&folder.name).is_err()) {
        return Err(DataError::invalid(&folder.path, "is a class that the training images do not have"));
    }
    if let Some(name) = class_names.iter().find(|name| folders.iter().all(|folder| folder.name != **name)) {
        return Err(DataError::invalid(path, format!("has no folder for the class {name:?}")));
    }
    samples(folders.into_iter().map(|folder| folder.path))
}
