use super::class_folders::{class_folders, image_files, samples};
use super::{folder, word_net};
use crate::DataError;
use crate::source::{Images, Samples, Source};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Reads Tiny ImageNet as it is published: `train/<wnid>/images`, `val/images` with
/// `val/val_annotations.txt`, `words.txt` and `wnids.txt`. The images under `test` have no labels and are not
/// read.
///
/// Classes are the sorted WordNet ids; validation images keep the order of their annotations.
pub(crate) fn read(path: &Path) -> Result<Source, DataError> {
    let root = folder::find_root(path, "train")?;
    let folders = class_folders(&root.join("train"))?;
    let ids: Vec<String> = folders.iter().map(|folder| folder.name.clone()).collect();
    check_listed_ids(&root, &ids)?;
    let train = samples(folders.into_iter().map(|folder| folder.path.join("images")))?;
    let val = read_val(&root.join("val"), &ids)?;
    Ok(Source {
        class_names: word_net::class_names(&root.join("words.txt"), &ids)?,
        path: root,
        class_ids: Some(ids),
        train,
        val: Some(val),
        test: None,
    })
}

/// `wnids.txt` names all classes, so it tells whether a folder is missing.
fn check_listed_ids(root: &Path, ids: &[String]) -> Result<(), DataError> {
    let list = root.join("wnids.txt");
    let text = folder::read_text_if_there(&list)?.unwrap_or_default();
    let missing =
        text.split_whitespace().find(|id| ids.binary_search_by(|known| known.as_str().cmp(id)).is_err());
    match missing {
        None => Ok(()),
        Some(id) => {
            let reason = format!("is missing, though {} lists it", list.display());
            Err(DataError::invalid(&root.join("train").join(id), reason))
        }
    }
}

fn read_val(path: &Path, ids: &[String]) -> Result<Samples, DataError> {
    let list = path.join("val_annotations.txt");
    let images = path.join("images");
    let mut unlabelled: BTreeMap<String, PathBuf> = image_files(&images)?
        .into_iter()
        .filter_map(|file| Some((file.file_name()?.to_str()?.to_owned(), file)))
        .collect();
    let labels_by_id: HashMap<&str, usize> =
        ids.iter().enumerate().map(|(label, id)| (id.as_str(), label)).collect();
    let (mut labels, mut files) = (Vec::new(), Vec::new());
    for (index, line) in folder::read_text(&list)?.lines().enumerate() {
        let wrong = |reason: String| DataError::invalid(&list, format!("line {}: {reason}", index + 1));
        let mut fields = line.split('\t');
        let (Some(file), Some(id)) = (fields.next(), fields.next()) else {
            return Err(wrong(format!("{line:?} is not an image and a class with a tab between")));
        };
        let label =
            labels_by_id.get(id).ok_or_else(|| wrong(format!("{file} has the unknown class {id}")))?;
        let image = unlabelled.remove(file);
        files
            .push(image.ok_or_else(|| {
                wrong(format!("{file} is not in {}, or annotated twice", images.display()))
            })?);
        labels.push(*label);
    }
    match unlabelled.first_key_value() {
        None => Ok(Samples { labels, images: Images::Files(files) }),
        Some((_, file)) => Err(DataError::invalid(file, format!("has no annotation in {}", list.display()))),
    }
}
