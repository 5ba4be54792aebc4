use crate::Digest;
use blake3::{
    Hasher,
    hazmat::{
        ChainingValue, HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
    },
};
use std::{cell::RefCell, fs::File, io, os::unix::fs::FileExt};

/// Large enough to make one read of it cheap, small enough to stay in the processor's cache. A power of
/// two, as BLAKE3's tree asks for.
const PIECE: u64 = 1 << 18;

/// Into a buffer that begins at a page the kernel copies several times faster.
const PAGE: usize = 4096;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The digest of the first `length` bytes of `file`, taken on all threads of the current rayon pool if it
/// is large.
///
/// It reads rather than maps: a mapped file that somebody truncates kills the process.
///
/// # Errors
/// `UnexpectedEof` if the file is shorter than `length`.
pub(crate) fn digest_of_file(file: &File, length: u64) -> io::Result<Digest> {
    if length <= PIECE {
        return with_piece(file, 0, length, Digest::of);
    }
    let left_length = left_subtree_len(length);
    let (left, right) = rayon::join(
        || chaining_value(file, 0, left_length),
        || chaining_value(file, left_length, length - left_length),
    );
    Ok(Digest::from_bytes(*merge_subtrees_root(&left?, &right?, Mode::Hash).as_bytes()))
}

fn chaining_value(file: &File, offset: u64, length: u64) -> io::Result<ChainingValue> {
    if length <= PIECE {
        return with_piece(file, offset, length, |piece| {
            Hasher::new().set_input_offset(offset).update(piece).finalize_non_root()
        });
    }
    let left_length = left_subtree_len(length);
    let (left, right) = rayon::join(
        || chaining_value(file, offset, left_length),
        || chaining_value(file, offset + left_length, length - left_length),
    );
    Ok(merge_subtrees_non_root(&left?, &right?, Mode::Hash))
}

/// Calls `consume` with the `length` bytes at `offset`; at most [`PIECE`] of them.
fn with_piece<T>(file: &File, offset: u64, length: u64, consume: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
    BUFFER.with_borrow_mut(|buffer| {
        let length = length as usize;
        if buffer.len() < length + PAGE {
            buffer.resize(length + PAGE, 0);
        }
        let start = buffer.as_ptr().align_offset(PAGE);
        let piece = &mut buffer[start..start + length];
        file.read_exact_at(piece, offset)?;
        Ok(consume(piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn agrees_with_blake3_at_every_kind_of_boundary() {
        for length in [
            0,
            1,
            1023,
            1024,
            1025,
            PIECE - 1,
            PIECE,
            PIECE + 1,
            2 * PIECE,
            2 * PIECE + 1,
            3 * PIECE - 7,
            5 * PIECE + 1024,
        ] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            assert_eq!(digest_of_file(&file, length).unwrap(), Digest::of(&bytes), "{length} bytes");
        }
    }

    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"short").unwrap();
        for length in [6, 3 * PIECE] {
            let error = digest_of_file(&file, length).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
