use crate::{TrainError, whole_file::write_whole};
use safetensors::{Dtype, SafeTensors, tensor::TensorInfo};
use serde::Serialize;
use std::{collections::BTreeMap, fs, path::Path};
use tch::{Device, Kind, TchError, Tensor};

/// The file's element types and libtorch's.
const KINDS: [(Dtype, Kind); 8] = [
    (Dtype::U8, Kind::Uint8),
    (Dtype::I32, Kind::Int),
    (Dtype::I64, Kind::Int64),
    (Dtype::F16, Kind::Half),
    (Dtype::BF16, Kind::BFloat16),
    (Dtype::F32, Kind::Float),
    (Dtype::F64, Kind::Double),
    (Dtype::BOOL, Kind::Bool),
];

/// What a weights file holds.
pub struct WeightsFile {
    /// Names and tensors, on the CPU, sorted by name.
    pub tensors: Vec<(String, Tensor)>,
    /// The texts beside them: model configuration, class names, means and so on.
    pub metadata: BTreeMap<String, String>,
}

/// Writes a safetensors file under a temporary name, syncs it, then renames it: `path` never holds half a file.
///
/// The same tensors and metadata give the same bytes, whatever their order.
pub fn save_weights(
    path: &Path,
    tensors: &[(String, Tensor)],
    metadata: &BTreeMap<String, String>,
) -> Result<(), TrainError> {
    let bytes = encode(tensors, metadata)?;
    write_whole(path, &bytes, true).map_err(TrainError::file("write", path))
}

/// Reads what [`save_weights`], or any other writer of safetensors, wrote.
///
/// # Errors
///
/// [`TrainError::File`] if it cannot be read, [`TrainError::NotWeights`] if it is not a safetensors file,
/// [`TrainError::Damaged`] if it is one that is not whole.
pub fn load_weights(path: &Path) -> Result<WeightsFile, TrainError> {
    decode(path, &fs::read(path).map_err(TrainError::file("read", path))?)
}

/// What the bytes of a weights file hold; `path` is for messages.
pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<WeightsFile, TrainError> {
    if !begins_as_safetensors(bytes) {
        return Err(TrainError::NotWeights { path: path.to_owned(), reason: "is not a safetensors file" });
    }
    let damaged = |reason: String| TrainError::Damaged { path: path.to_owned(), reason };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(error.to_string()))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
    let mut tensors = Vec::new();
    for (name, view) in file.iter() {
        let kind =
            kind_of(view.dtype()).ok_or_else(|| damaged(format!("{name} has type {:?}", view.dtype())))?;
        let shape: Vec<i64> = view.shape().iter().map(|&length| length as i64).collect();
        tensors.push((name.to_owned(), Tensor::f_from_data_size(view.data(), &shape, kind)?));
    }
    tensors.sort_by(|left, right| left.0.cmp(&right.0));
    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    Ok(WeightsFile { tensors, metadata })
}

/// The format has no magic number, but an object of JSON after eight bytes, of which the last are zero: they are the
/// length of the object, and no writer makes one of 4 GiB.
fn begins_as_safetensors(bytes: &[u8]) -> bool {
    bytes.get(4..9) == Some(b"\0\0\0\0{")
}

/// The format by hand, because the crate's writer puts metadata in random order: the header's length, the header (JSON,
/// padded to 8 bytes), then the tensors' bytes, widest types first so that all are aligned.
pub(crate) fn encode(
    tensors: &[(String, Tensor)],
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, TrainError> {
    let mut sorted = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        sorted.push((dtype_of(tensor)?, name, tensor));
    }
    sorted.sort_by_key(|&(dtype, name, _)| (std::cmp::Reverse(dtype.bitsize()), name));

    let mut header = BTreeMap::new();
    if !metadata.is_empty() {
        header.insert("__metadata__", HeaderEntry::Metadata(metadata));
    }
    let mut data = Vec::new();
    for (dtype, name, tensor) in sorted {
        let start = data.len();
        append_bytes(&mut data, tensor, dtype)?;
        let shape = tensor.size().iter().map(|&length| length as usize).collect();
        let info = TensorInfo { dtype, shape, data_offsets: (start, data.len()) };
        header.insert(name, HeaderEntry::Tensor(info));
    }

    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.append(&mut header);
    bytes.append(&mut data);
    Ok(bytes)
}

#[derive(Serialize)]
#[serde(untagged)]
enum HeaderEntry<'a> {
    Metadata(&'a BTreeMap<String, String>),
    Tensor(TensorInfo),
}

fn append_bytes(data: &mut Vec<u8>, tensor: &Tensor, dtype: Dtype) -> Result<(), TchError> {
    let start = data.len();
    let contiguous = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    data.resize(start + tensor.numel() * dtype.bitsize() / 8, 0);
    contiguous.f_copy_data_u8(&mut data[start..], tensor.numel())
}

fn dtype_of(tensor: &Tensor) -> Result<Dtype, TchError> {
    let kind = tensor.f_kind()?;
    let known = KINDS.iter().find(|known| known.1 == kind);
    known.map(|known| known.0).ok_or_else(|| TchError::Kind(format!("safetensors has no type for {kind:?}")))
}

fn kind_of(dtype: Dtype) -> Option<Kind> {
    KINDS.iter().find(|known| known.0 == dtype).map(|known| known.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> (Vec<(String, Tensor)>, BTreeMap<String, String>) {
        let tensors = vec![
            ("odd".to_owned(), Tensor::from_slice(&[1_u8, 2, 3])),
            ("weight".to_owned(), Tensor::from_slice(&[1.5_f32, -2.0, 3.0, 4.0, 5.0, 6.0]).view([2, 3]).tr()),
            ("low".to_owned(), Tensor::from_slice(&[0.5_f32]).to_kind(Kind::BFloat16)),
            ("labels".to_owned(), Tensor::from_slice(&[7_i64])),
        ];
        let metadata =
            ["model", "class_names", "means"].map(|name| (name.to_owned(), format!("{{\"{name}\"}} ä\n")));
        (tensors, metadata.into())
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let (tensors, metadata) = content();
        save_weights(&path, &tensors, &metadata).unwrap();
        let file = load_weights(&path).unwrap();
        assert_eq!(file.metadata, metadata);
        assert_eq!(file.tensors.len(), tensors.len());
        for (name, tensor) in &file.tensors {
            let original = &tensors.iter().find(|(original, _)| original == name).unwrap().1;
            assert_eq!(tensor, original, "{name}");
            assert_eq!((tensor.kind(), tensor.size()), (original.kind(), original.size()), "{name}");
        }
    }

    #[test]
    fn equal_content_gives_equal_bytes_in_any_order() {
        let (mut tensors, metadata) = content();
        let bytes = encode(&tensors, &metadata).unwrap();
        tensors.reverse();
        assert_eq!(encode(&tensors, &metadata).unwrap(), bytes);
        let header = "{\"__metadata__\":{\"class_names\":";
        assert_eq!(&bytes[8..8 + header.len()], header.as_bytes());
    }

    #[test]
    fn a_cut_file_is_named_as_damaged() {
        let (tensors, metadata) = content();
        let bytes = encode(&tensors, &metadata).unwrap();
        let before_the_header = 9;
        for length in before_the_header..bytes.len() {
            let error = decode(Path::new("cut.safetensors"), &bytes[..length]).err();
            assert!(matches!(error, Some(TrainError::Damaged { .. })), "{length} bytes: {error:?}");
        }
    }

    #[test]
    fn a_file_of_another_kind_is_not_called_damaged() {
        for bytes in
            [&b""[..], b"[stages.train]\nkind", b"{\"mode\":\"channel\"}", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]
        {
            let error = decode(Path::new("other"), bytes).err().unwrap();
            assert_eq!(error.to_string(), "other is not a safetensors file");
            assert!(!error.hints().concat().contains("--force"), "{:?}", error.hints());
        }
    }
}
