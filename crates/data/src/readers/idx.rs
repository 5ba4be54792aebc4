use super::folder::{self, Entry};
use super::idx_file;
use crate::DataError;
use crate::source::{Images, Planes, RawImages, Samples, Source};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where images and labels of one split are.
#[derive(Debug, Default)]
struct Pair {
    images: Option<PathBuf>,
    labels: Option<PathBuf>,
}

/// Reads pairs of IDX files as MNIST is published: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`
/// with the test set in `t10k-…`, or a single pair with any prefix; gzipped (`.gz`) or not.
///
/// Classes are the labels 0 to the largest one, and named so.
pub(crate) fn read(path: &Path) -> Result<Source, DataError> {
    let mut pairs = find_pairs(path)?;
    let (train, test) = match (pairs.remove("train-"), pairs.remove("t10k-")) {
        (Some(train), test) if pairs.is_empty() => (train, test),
        (None, None) if pairs.len() == 1 => (pairs.pop_first().unwrap_or_default().1, None),
        (train, test) => return Err(unexpected_pairs(path, train.is_some(), test.is_some(), &pairs)),
    };
    let train = read_pair(path, &train)?;
    let test = test.map(|pair| read_pair(path, &pair)).transpose()?;
    let labels = train.labels.iter().chain(test.iter().flat_map(|test| &test.labels));
    let classes = labels.max().map_or(0, |largest| largest + 1);
    Ok(Source {
        path: path.to_path_buf(),
        class_names: (0..classes).map(|label| label.to_string()).collect(),
        class_ids: None,
        train,
        val: None,
        test,
    })
}

/// The pairs in a folder by the prefix of their names.
fn find_pairs(path: &Path) -> Result<BTreeMap<String, Pair>, DataError> {
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    for entry in folder::list(path)? {
        if let Some((prefix, suffix)) = split_name(&entry, "images", "idx3") {
            set(&mut pairs.entry(prefix).or_default().images, suffix, entry.path);
        } else if let Some((prefix, suffix)) = split_name(&entry, "labels", "idx1") {
            set(&mut pairs.entry(prefix).or_default().labels, suffix, entry.path);
        }
    }
    Ok(pairs)
}

/// Takes a name such as `train-images-idx3-ubyte.gz` apart: what stands before `images` and after `ubyte`.
fn split_name(entry: &Entry, what: &str, kind: &str) -> Option<(String, String)> {
    let (prefix, suffix) = [format!("{what}-{kind}-ubyte"), format!("{what}.{kind}-ubyte")]
        .iter()
        .find_map(|middle| entry.name.split_once(middle.as_str()))?;
    matches!(suffix, "" | ".gz").then(|| (prefix.to_owned(), suffix.to_owned()))
}

/// Where a file is there both unpacked and gzipped, the unpacked one is read.
fn set(slot: &mut Option<PathBuf>, suffix: String, path: PathBuf) {
    if slot.is_none() || suffix.is_empty() {
        *slot = Some(path);
    }
}

fn unexpected_pairs(path: &Path, train: bool, test: bool, others: &BTreeMap<String, Pair>) -> DataError {
    let reason = if train || test || !others.is_empty() {
        let names = [(train, "train-"), (test, "t10k-")];
        let found = names.iter().filter(|(found, _)| *found).map(|(_, name)| *name);
        let found: Vec<&str> = found.chain(others.keys().map(String::as_str)).collect();
        format!("holds IDX files with the prefixes {found:?}")
    } else {
        "holds no IDX files".to_owned()
    };
    let hint = "expected are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and, for the test set, the same \
                with `t10k-`, or one single pair; each gzipped or not";
    DataError::invalid_with_hint(path, reason, hint)
}

fn read_pair(folder: &Path, pair: &Pair) -> Result<Samples, DataError> {
    let (images_path, labels_path) = match (&pair.images, &pair.labels) {
        (Some(images), Some(labels)) => (images, labels),
        (Some(images), None) => return Err(DataError::invalid(images, "has no labels file beside it")),
        (None, Some(labels)) => return Err(DataError::invalid(labels, "has no images file beside it")),
        (None, None) => return Err(DataError::invalid(folder, "holds no IDX files")),
    };
    let ([count, height, width], bytes) = idx_file::read::<3>(images_path)?;
    let ([label_count], labels) = idx_file::read::<1>(labels_path)?;
    if count == 0 || height == 0 || width == 0 {
        let reason = format!("holds {count} images of {height} × {width} pixels");
        return Err(DataError::invalid(images_path, reason));
    }
    if label_count != count {
        let reason =
            format!("holds {label_count} labels for the {count} images of {}", images_path.display());
        return Err(DataError::invalid(labels_path, reason));
    }
    Ok(Samples {
        labels: labels.into_iter().map(usize::from).collect(),
        images: Images::Raw(RawImages {
            path: images_path.clone(),
            height,
            width,
            planes: Planes::Grey,
            bytes,
        }),
    })
}
