use crate::DataError;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// The element type of all IDX files that hold images or labels: unsigned bytes.
const UNSIGNED_BYTE: u8 = 0x08;

/// Reads an IDX file of unsigned bytes, gzipped or not, with that number of dimensions: the dimensions and
/// their bytes. The format is described at the foot of Y. LeCun's MNIST page.
///
/// # Errors
///
/// The file cannot be read, its header is not that of such a file, or it holds fewer or more bytes than the
/// header says. A header that promises more memory than the file has content allocates nothing.
pub(crate) fn read<const DIMENSIONS: usize>(
    path: &Path,
) -> Result<([usize; DIMENSIONS], Vec<u8>), DataError> {
    let mut file = open(path).map_err(DataError::io("read", path))?;
    let mut header = Vec::new();
    take(&mut file, 4 + 4 * DIMENSIONS, &mut header, path)?;
    if header.len() < 4 + 4 * DIMENSIONS {
        let reason = format!("its IDX header is cut off after {} bytes", header.len());
        return Err(DataError::invalid(path, reason));
    }
    let magic = [0, 0, UNSIGNED_BYTE, DIMENSIONS as u8];
    if header[..4] != magic {
        let found = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
        let expected = u32::from_be_bytes(magic);
        let reason = format!("its IDX header begins with {found:#010x}, not {expected:#010x}");
        return Err(DataError::invalid(path, reason));
    }
    let mut dimensions = [0; DIMENSIONS];
    for (dimension, bytes) in dimensions.iter_mut().zip(header[4..].chunks_exact(4)) {
        *dimension = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    }
    let expected = dimensions
        .iter()
        .try_fold(1_usize, |product, &dimension| product.checked_mul(dimension))
        .filter(|&product| product < usize::MAX)
        .ok_or_else(|| DataError::invalid(path, format!("its IDX header claims the size {dimensions:?}")))?;
    let mut content = Vec::new();
    take(&mut file, expected + 1, &mut content, path)?;
    if content.len() == expected {
        return Ok((dimensions, content));
    }
    let found = if content.len() > expected { "more".to_owned() } else { content.len().to_string() };
    let reason = format!("its IDX header promises {expected} bytes ({dimensions:?}), the file holds {found}");
    Err(DataError::invalid(path, reason))
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = BufReader::new(File::open(path)?);
    if path.extension().is_some_and(|extension| extension == "gz") {
        Ok(Box::new(MultiGzDecoder::new(file)))
    } else {
        Ok(Box::new(file))
    }
}

/// Appends at most `limit` bytes.
fn take(file: &mut dyn Read, limit: usize, bytes: &mut Vec<u8>, path: &Path) -> Result<(), DataError> {
    file.take(limit as u64).read_to_end(bytes).map_err(DataError::io("read", path))?;
    Ok(())
}
