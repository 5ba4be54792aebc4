use crate::monitor::Monitor;
use crate::source::{Samples, Source};
use crate::splits::draw_splits;
use crate::write_split::{Split, StoredSize, write_split};
use crate::{DataError, Progress, readers};
use serde::Serialize;
use spec::kinds::DatasetParams;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What [`build_dataset`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSummary {
    /// Height of the stored images in pixels.
    pub height: usize,
    /// Width of the stored images in pixels.
    pub width: usize,
    /// Names of the classes by label.
    pub class_names: Vec<String>,
    /// The splits that exist: `train`, then `val` and `test`.
    pub splits: Vec<SplitSummary>,
}

/// One split in a [`DatasetSummary`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitSummary {
    /// `train`, `val` or `test`.
    pub name: &'static str,
    /// Images of each class.
    pub counts: Vec<usize>,
}

impl SplitSummary {
    /// How many images the split has.
    pub fn images(&self) -> usize {
        self.counts.iter().sum()
    }
}

/// Packs the images under `source` into HDF5 files, one a split, and describes the classes in JSON.
///
/// `outputs` names where `train`, `val`, `test` and `classes` go; those of splits that do not exist are not
/// written. The same source and parameters give the same bytes.
///
/// # Errors
///
/// Whatever is wrong with the source, by file name: nothing is skipped. [`DataError::Interrupted`] soon after
/// `stop` is set.
pub fn build_dataset(
    params: &DatasetParams,
    source: &Path,
    outputs: &BTreeMap<String, PathBuf>,
    progress: Progress<'_>,
    stop: &AtomicBool,
) -> Result<DatasetSummary, DataError> {
    let source = readers::read_source(params.format, source)?;
    let splits = draw_splits(&source, params)?;
    let size = stored_size(&source.train, params.image_size);
    let files = [("train", Some(splits.train)), ("val", splits.val), ("test", splits.test)];
    let files: Vec<(&'static str, Split<'_>)> =
        files.into_iter().filter_map(|(name, split)| Some((name, split?))).collect();

    let images: usize = files.iter().map(|(_, split)| split.order.len()).sum();
    let monitor = Monitor::new("packing", images as u64, progress, stop);
    for (name, split) in &files {
        write_split(split, size, &source.class_names, output(outputs, name)?, &monitor)?;
    }
    let classes = source.class_names.len();
    let summary = DatasetSummary {
        height: size.height,
        width: size.width,
        splits: files.iter().map(|(name, split)| summarise(name, split, classes)).collect(),
        class_names: source.class_names.clone(),
    };
    write_classes(&source, &summary, output(outputs, "classes")?)?;
    Ok(summary)
}

fn output<'a>(outputs: &'a BTreeMap<String, PathBuf>, name: &str) -> Result<&'a Path, DataError> {
    outputs.get(name).map(PathBuf::as_path).ok_or_else(|| DataError::Parameters {
        reason: format!("no path is given for the output `{name}`"),
        hint: None,
    })
}

/// The size that is asked for, or that of the first training image that can be read. Where none can, the
/// size does not matter: writing them tells what is wrong with each.
fn stored_size(train: &Samples, image_size: Option<u32>) -> StoredSize {
    if let Some(size) = image_size {
        return StoredSize { height: size as usize, width: size as usize, resize: true };
    }
    let first = (0..train.len()).find_map(|index| train.images.read(index).ok());
    let (height, width) = first.map_or((1, 1), |image| (image.height, image.width));
    StoredSize { height, width, resize: false }
}

fn summarise(name: &'static str, split: &Split<'_>, classes: usize) -> SplitSummary {
    let mut counts = vec![0; classes];
    for &index in &split.order {
        counts[split.samples.labels[index]] += 1;
    }
    SplitSummary { name, counts }
}

/// The JSON document behind the output `classes`.
#[derive(Serialize)]
struct ClassesDocument<'a> {
    names: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<&'a [String]>,
    counts: BTreeMap<&'a str, &'a [usize]>,
}

fn write_classes(source: &Source, summary: &DatasetSummary, path: &Path) -> Result<(), DataError> {
    let document = ClassesDocument {
        names: &source.class_names,
        ids: source.class_ids.as_deref(),
        counts: summary.splits.iter().map(|split| (split.name, split.counts.as_slice())).collect(),
    };
    let json = serde_json::to_string_pretty(&document)
        .map_err(|error| DataError::io("write", path)(std::io::Error::other(error)))?;
    fs::write(path, json + "\n").map_err(DataError::io("write", path))
}
