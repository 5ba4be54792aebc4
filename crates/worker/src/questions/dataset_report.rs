use super::{
    answer::Answer,
    grid::{align, grouped},
};
use crate::error::WorkerError;
use data::Dataset;
use proto::InspectQuestion;
use serde_json::{Value, json};
use spec::kinds::Augment;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use train::{TrainError, draw_contact_sheet};

/// A dataset file under the name of its split.
struct Split {
    name: String,
    path: PathBuf,
    dataset: Dataset,
}

/// The splits, their classes and how many images each has; draws the contact sheet that is asked for.
pub(super) fn dataset_report(question: &InspectQuestion) -> Result<Answer, WorkerError> {
    let splits = open_splits(&question.path)?;
    if let Some(sheet) = &question.sheet {
        let augment = question.augment.as_deref().map(parse_augment).transpose()?;
        draw_contact_sheet(&shown(&splits).dataset, augment.as_ref(), question.seed, sheet)?;
    }
    let json = json!({ "splits": splits.iter().map(split_json).collect::<Vec<_>>() });
    let text = format!("{}\n{}", sizes(&splits), classes(&splits));
    Ok(Answer { text, json, failure: None })
}

/// One file, or those of a folder: train, val, test, then others by name.
fn open_splits(path: &Path) -> Result<Vec<Split>, WorkerError> {
    let mut paths = if path.is_dir() { dataset_files(path)? } else { vec![path.to_owned()] };
    let name = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let place = |name: &str| ["train", "val", "test"].iter().position(|known| *known == name).unwrap_or(3);
    paths.sort_by_key(|path| (place(&name(path)), name(path)));
    let open = |path: PathBuf| Ok(Split { name: name(&path), dataset: Dataset::open(&path)?, path });
    paths.into_iter().map(open).collect()
}

fn dataset_files(folder: &Path) -> Result<Vec<PathBuf>, WorkerError> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let entries: Vec<PathBuf> = entries.map_err(TrainError::file("read", folder))?;
    let files: Vec<_> =
        entries.into_iter().filter(|path| path.extension().is_some_and(|end| end == "h5")).collect();
    if files.is_empty() {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "it holds no .h5 files");
        return Err(TrainError::file("inspect", folder)(source).into());
    }
    Ok(files)
}

/// The split of the contact sheet: the first, which is the training set where there is one.
fn shown(splits: &[Split]) -> &Split {
    &splits[0]
}

/// An augmentation that no pipeline file could have would show what no training does.
fn parse_augment(text: &str) -> Result<Augment, WorkerError> {
    Augment::parse(text, "--augment").map_err(|errors| WorkerError::Augment {
        reason: errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; "),
        hints: errors.iter().flat_map(|error| error.hints.clone()).collect(),
    })
}

fn counts(dataset: &Dataset) -> Vec<usize> {
    let mut counts = vec![0; dataset.class_names().len()];
    dataset.labels().iter().for_each(|&label| counts[label as usize] += 1);
    counts
}

fn split_json(split: &Split) -> Value {
    let Split { name, path, dataset } = split;
    let classes = dataset.class_names().iter().zip(counts(dataset));
    json!({
        "name": name, "file": path, "images": dataset.len(), "height": dataset.height(), "width": dataset.width(),
        "classes": classes.map(|(name, images)| json!({ "name": name, "images": images })).collect::<Vec<_>>(),
    })
}

fn sizes(splits: &[Split]) -> String {
    let heading = ["split", "size", "images", "classes"].map(str::to_owned).to_vec();
    let row = |split: &Split| {
        let dataset = &split.dataset;
        let size = format!("{} × {}", dataset.height(), dataset.width());
        let classes = dataset.class_names().len() as i64;
        vec![split.name.clone(), size, grouped(dataset.len() as i64), grouped(classes)]
    };
    align(&std::iter::once(heading).chain(splits.iter().map(row)).collect::<Vec<_>>(), 2)
}

/// One line a class, one column a split; the classes are the first split's.
fn classes(splits: &[Split]) -> String {
    let heading = std::iter::once("class".to_owned()).chain(splits.iter().map(|split| split.name.clone()));
    let counts: Vec<Vec<usize>> = splits.iter().map(|split| counts(&split.dataset)).collect();
    let row = |(class, name): (usize, &String)| {
        let images = counts
            .iter()
            .map(|counts| counts.get(class).map_or_else(String::new, |count| grouped(*count as i64)));
        std::iter::once(name.clone()).chain(images).collect::<Vec<_>>()
    };
    let names = splits[0].dataset.class_names().iter().enumerate();
    align(&std::iter::once(heading.collect()).chain(names.map(row)).collect::<Vec<_>>(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_augmentation_that_no_pipeline_file_could_have_is_refused() {
        let error = parse_augment("{ rotation = -18, cutuot = 3 }").unwrap_err();
        let message = error.causes().join(": ");
        for part in ["--augment", "`augment.rotation`: expected a number of at least 0", "unknown field"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(error.hints()[0].contains("cutout"), "{:?}", error.hints());
    }
}
