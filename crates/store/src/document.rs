//! JSON files that know whether they are whole: `{"checksum":"<64 hex>","format":1,…}`, where the
//! checksum is the BLAKE3 digest of every byte that follows it. Any truncation, and any changed bit,
//! shows.

use crate::{Digest, Stamp, StoreError, atomic};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

const OPENING: &[u8] = b"{\"checksum\":\"";
const HEX: usize = 64;

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    format: u32,
}

/// Replaces the document at `path`. Its value must serialise to a JSON object, with its version as
/// `format`.
///
/// The file is replaced at once, but outlasts a power cut only after the next [`crate::Store::sync`].
///
/// # Errors
/// When it cannot be written; the old document is then still there.
pub fn write_document<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    atomic::replace(atomic::folder_of(path), path, &encode(path, value)?)
}

/// Reads the document at `path`, or `None` where there is none.
///
/// # Errors
/// [`StoreError::Damaged`] if it is not what was written, [`StoreError::NewerFormat`] if its `format` is
/// above `newest_format`.
pub fn read_document<T: DeserializeOwned>(path: &Path, newest_format: u32) -> Result<Option<T>, StoreError> {
    Ok(read_stamped(path, newest_format)?.map(|(document, _)| document))
}

/// As [`read_document`], with the stamp of the file.
pub(crate) fn read_stamped<T: DeserializeOwned>(
    path: &Path,
    newest_format: u32,
) -> Result<Option<(T, Stamp)>, StoreError> {
    match read_at_once(path) {
        Ok((bytes, stamp)) => Ok(Some((decode(path, &bytes, newest_format)?, stamp))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::reading("read", path, error)),
    }
}

/// As [`std::fs::read`] with fewer system calls for a small file, of which a plan reads thousands.
fn read_at_once(path: &Path) -> io::Result<(Vec<u8>, Stamp)> {
    const USUAL: usize = 4096;
    let mut file = File::open(path)?;
    let mut bytes = vec![0; USUAL];
    let length = file.read(&mut bytes)?;
    bytes.truncate(length);
    if length == USUAL {
        file.read_to_end(&mut bytes)?;
    }
    Ok((bytes, Stamp::of(&file.metadata()?)))
}

pub(crate) fn encode<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, StoreError> {
    let invalid = |error: serde_json::Error| StoreError::writing("write", path, error.into());
    let json = serde_json::to_vec(value).map_err(invalid)?;
    let Some((b'{', fields)) = json.split_first() else {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "only objects can be documents");
        return Err(StoreError::writing("write", path, error));
    };
    let mut rest = b"\"".to_vec();
    if fields != b"}" {
        rest.push(b',');
    }
    rest.extend_from_slice(fields);
    rest.push(b'\n');
    let mut bytes = OPENING.to_vec();
    bytes.extend_from_slice(Digest::of(&rest).to_hex().as_bytes());
    bytes.extend_from_slice(&rest);
    Ok(bytes)
}

pub(crate) fn decode<T: DeserializeOwned>(
    path: &Path,
    bytes: &[u8],
    newest_format: u32,
) -> Result<T, StoreError> {
    let damaged = |detail: String| StoreError::Damaged { path: path.to_owned(), detail };
    let (checksum, rest) = bytes
        .strip_prefix(OPENING)
        .and_then(|after| after.split_at_checked(HEX))
        .ok_or_else(|| damaged("it does not begin with a checksum".to_owned()))?;
    if checksum != Digest::of(rest).to_hex().as_bytes() {
        return Err(damaged("its checksum does not match".to_owned()));
    }
    let unreadable = |error: serde_json::Error| damaged(error.to_string());
    let found = match leading_format(rest) {
        Some(format) => format,
        None => serde_json::from_slice::<Version>(bytes).map_err(unreadable)?.format,
    };
    if found > newest_format {
        return Err(StoreError::NewerFormat { path: path.to_owned(), found, supported: newest_format });
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

/// The version, without parsing all of the document, where it comes first.
fn leading_format(rest: &[u8]) -> Option<u32> {
    let after = rest.strip_prefix(b"\",\"format\":")?;
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&after[..digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn round_trips_as_plain_json() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("document.json");
        assert_eq!(read_document::<Value>(&path, 1).unwrap(), None);
        for value in [json!({"format": 1, "lr": 0.1}), json!({}), json!({"long": "x".repeat(10_000)})] {
            write_document(&path, &value).unwrap();
            let mut read: Value = read_document(&path, 1).unwrap().unwrap();
            read.as_object_mut().unwrap().remove("checksum");
            assert_eq!(read, value);
        }
    }

    #[test]
    fn refuses_a_newer_format_and_anything_but_an_object() {
        let path = Path::new("document.json");
        for newer in [json!({"format": 2}), json!({"another field first": 0, "format": 2})] {
            let bytes = encode(path, &newer).unwrap();
            let error = decode::<Value>(path, &bytes, 1).unwrap_err();
            assert!(matches!(error, StoreError::NewerFormat { found: 2, supported: 1, .. }), "{error}");
        }
        assert!(encode(path, &json!([1])).is_err());
    }

    #[test]
    fn notices_every_truncation_and_every_flipped_bit() {
        let path = Path::new("document.json");
        let whole = encode(path, &json!({"format": 1, "outputs": {"note": "abc"}, "seconds": 1.5})).unwrap();
        let damaged = |bytes: &[u8]| {
            assert!(matches!(decode::<Value>(path, bytes, 1), Err(StoreError::Damaged { .. })));
        };
        for length in 0..whole.len() {
            damaged(&whole[..length]);
        }
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            damaged(&bytes);
        }
    }
}
