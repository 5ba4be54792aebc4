use super::{cifar, cifar_binary, cifar_python, idx, image_folder, tiny_imagenet};
use crate::DataError;
use crate::source::Source;
use spec::kinds::DatasetFormat;
use std::path::Path;

/// Reads what is under `path` in the given layout and checks that every class has training images.
pub(crate) fn read_source(format: DatasetFormat, path: &Path) -> Result<Source, DataError> {
    let source = match format {
        DatasetFormat::TinyImagenet => tiny_imagenet::read(path),
        DatasetFormat::ImageFolder => image_folder::read(path),
        DatasetFormat::Cifar10Binary => cifar::read(path, &cifar_binary::FILES),
        DatasetFormat::Cifar10Python => cifar::read(path, &cifar_python::FILES),
        DatasetFormat::Idx => idx::read(path),
    }?;
    match source.train.counts(source.class_names.len()).iter().position(|&count| count == 0) {
        None => Ok(source),
        Some(label) => {
            let reason =
                format!("class {:?} (label {label}) has no training images", source.class_names[label]);
            Err(DataError::invalid(&source.path, reason))
        }
    }
}
