use super::folder;
use crate::DataError;
use crate::source::{Images, Planes, RawImages, Samples, Source};
use std::fs;
use std::path::Path;

/// Height and width of the images in pixels.
const SIDE: usize = 32;
/// Bytes of an image: a plane of red, one of green, one of blue.
pub(crate) const IMAGE_BYTES: usize = 3 * SIDE * SIDE;

/// The names of the classes, for copies that lack the file with them.
const CLASS_NAMES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// In which form CIFAR-10 is published: what the files are called and how to read one.
pub(crate) struct CifarFiles {
    pub(crate) train: [&'static str; 5],
    pub(crate) test: &'static str,
    pub(crate) class_names: &'static str,
    pub(crate) read_batch: fn(&[u8]) -> Result<Batch, String>,
    pub(crate) read_class_names: fn(&[u8]) -> Result<Vec<String>, String>,
}

/// The content of one file.
pub(crate) struct Batch {
    pub(crate) labels: Vec<usize>,
    /// As many images of [`IMAGE_BYTES`] as there are labels.
    pub(crate) images: Vec<u8>,
}

/// Reads CIFAR-10 as it is published: five training batches and a test batch.
pub(crate) fn read(path: &Path, files: &CifarFiles) -> Result<Source, DataError> {
    let root = folder::find_root(path, files.train[0])?;
    let class_names = read_class_names(&root.join(files.class_names), files)?;
    let train = read_samples(&root, &files.train, files, class_names.len())?;
    let test = read_samples(&root, &[files.test], files, class_names.len())?;
    Ok(Source { path: root, class_names, class_ids: None, train, val: None, test: Some(test) })
}

fn read_class_names(path: &Path, files: &CifarFiles) -> Result<Vec<String>, DataError> {
    if !path.exists() {
        return Ok(CLASS_NAMES.map(str::to_owned).into());
    }
    let content = fs::read(path).map_err(DataError::io("read", path))?;
    (files.read_class_names)(&content).map_err(|reason| DataError::invalid(path, reason))
}

fn read_samples(
    root: &Path,
    names: &[&str],
    files: &CifarFiles,
    classes: usize,
) -> Result<Samples, DataError> {
    let (mut labels, mut bytes) = (Vec::new(), Vec::new());
    for name in names {
        let path = root.join(name);
        let content = fs::read(&path).map_err(DataError::io("read", &path))?;
        let batch = (files.read_batch)(&content).map_err(|reason| DataError::invalid(&path, reason))?;
        check_batch(&batch, classes).map_err(|reason| DataError::invalid(&path, reason))?;
        labels.extend(batch.labels);
        bytes.extend(batch.images);
    }
    let images =
        RawImages { path: root.to_path_buf(), height: SIDE, width: SIDE, planes: Planes::Rgb, bytes };
    Ok(Samples { labels, images: Images::Raw(images) })
}

fn check_batch(batch: &Batch, classes: usize) -> Result<(), String> {
    if batch.labels.is_empty() {
        return Err("holds no images".to_owned());
    }
    if batch.images.len() != batch.labels.len() * IMAGE_BYTES {
        let images = batch.images.len() / IMAGE_BYTES;
        return Err(format!("holds {images} images, but {} labels", batch.labels.len()));
    }
    match batch.labels.iter().position(|&label| label >= classes) {
        None => Ok(()),
        Some(index) => {
            Err(format!("image {index} has label {}, but there are {classes} classes", batch.labels[index]))
        }
    }
}
