use super::idx;
use crate::DataError;
use crate::source::{Source, check_no_class_is_empty};
use spec::kinds::DatasetFormat;
use std::path::Path;

/// Reads the samples under `path` in the given layout and checks that every class has training images.
pub(crate) fn read_source(format: DatasetFormat, path: &Path) -> Result<Source, DataError> {
    let source = match format {
        DatasetFormat::Idx => idx::read(path),
        _ => Err(DataError::invalid(path, "this format is not read yet")),
    }?;
    check_no_class_is_empty(&source.path, &source.class_names, &source.train)?;
    Ok(source)
}
