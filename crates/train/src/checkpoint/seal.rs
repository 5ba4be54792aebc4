/// What a checkpoint begins with; the digit is the version of the format.
const MAGIC: &[u8] = b"pipeline checkpoint 1\n";

/// Puts the format's mark and a digest before `content`, so that any later change of a byte is found.
pub(super) fn seal(content: &[u8]) -> Vec<u8> {
    [MAGIC, blake3::hash(content).as_bytes(), content].concat()
}

/// The content of what [`seal`] gave.
///
/// # Errors
/// What is wrong, if this is not byte for byte what was sealed.
pub(super) fn unseal(sealed: &[u8]) -> Result<&[u8], &'static str> {
    let rest = sealed.strip_prefix(MAGIC).ok_or("it does not begin like a checkpoint of this version")?;
    let (digest, content) = rest.split_first_chunk::<{ blake3::OUT_LEN }>().ok_or("it is cut off")?;
    if blake3::hash(content) != *digest {
        return Err("its content does not match its digest");
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_truncation_or_flipped_bit_is_found() {
        let sealed = seal(b"weights");
        assert_eq!(unseal(&sealed), Ok(&b"weights"[..]));
        for length in 0..sealed.len() {
            assert!(unseal(&sealed[..length]).is_err(), "cut to {length} bytes");
        }
        for bit in 0..8 * sealed.len() {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal(&flipped).is_err(), "bit {bit} flipped");
        }
    }
}
