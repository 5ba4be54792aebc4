use crate::DataError;
use hdf5::types::{FixedAscii, FixedUnicode, TypeDescriptor, VarLenAscii, VarLenUnicode};
use std::path::Path;

/// The longest strings of fixed length that are read, in bytes.
const LONGEST: usize = 1024;

/// The strings of an attribute of the file, of whichever of HDF5's four kinds they are: h5py alone writes three.
pub(crate) fn read_strings(file: &hdf5::File, path: &Path, name: &str) -> Result<Vec<String>, DataError> {
    let refuse =
        |error: hdf5::Error| DataError::invalid(path, format!("has no string attribute `{name}`: {error}"));
    let attribute = file.attr(name).map_err(refuse)?;
    let found = attribute.dtype().and_then(|dtype| dtype.to_descriptor()).map_err(refuse)?;
    // HDF5 converts lengths, but nothing else.
    let strings: Result<Vec<Vec<u8>>, hdf5::Error> = match found {
        TypeDescriptor::VarLenUnicode => {
            attribute.read_raw::<VarLenUnicode>().map(|strings| bytes(&strings, VarLenUnicode::as_bytes))
        }
        TypeDescriptor::VarLenAscii => {
            attribute.read_raw::<VarLenAscii>().map(|strings| bytes(&strings, VarLenAscii::as_bytes))
        }
        TypeDescriptor::FixedAscii(length) if length <= LONGEST => {
            attribute.read_raw::<FixedAscii<LONGEST>>().map(|strings| bytes(&strings, FixedAscii::as_bytes))
        }
        TypeDescriptor::FixedUnicode(length) if length <= LONGEST => attribute
            .read_raw::<FixedUnicode<LONGEST>>()
            .map(|strings| bytes(&strings, FixedUnicode::as_bytes)),
        other => {
            let reason = format!("`{name}` holds elements of type {other}");
            return Err(DataError::invalid_with_hint(path, reason, "write it as strings of variable length"));
        }
    };
    let text = |bytes| {
        let reason = format!("`{name}` holds a string that is not UTF-8");
        String::from_utf8(bytes).map_err(|_| DataError::invalid(path, reason))
    };
    strings.map_err(refuse)?.into_iter().map(text).collect()
}

fn bytes<T>(strings: &[T], of: impl Fn(&T) -> &[u8]) -> Vec<Vec<u8>> {
    strings.iter().map(|string| of(string).to_vec()).collect()
}
