use md5::Md5;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The digests that a stage's `checksum` may be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    /// The one that a checksum such as `md5:…` is of; SHA-256 without one.
    pub(crate) fn of(checksum: Option<&str>) -> Self {
        if checksum.is_some_and(|checksum| checksum.starts_with("md5:")) { Self::Md5 } else { Self::Sha256 }
    }

    pub(crate) fn hasher(self) -> Hasher {
        match self {
            Self::Md5 => Hasher::Md5(Md5::new()),
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
        }
    }
}

/// Takes a digest as the bytes come.
#[derive(Clone)]
pub(crate) enum Hasher {
    Md5(Md5),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// The checksum of all bytes so far, written as in a pipeline file.
    pub(crate) fn checksum(&self) -> String {
        match self.clone() {
            Self::Md5(hasher) => format!("md5:{}", hex(&hasher.finalize())),
            Self::Sha256(hasher) => format!("sha256:{}", hex(&hasher.finalize())),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_abc_are_those_of_the_standards() {
        let of = |algorithm: Algorithm| {
            let mut hasher = algorithm.hasher();
            hasher.update(b"a");
            hasher.update(b"bc");
            hasher.checksum()
        };
        assert_eq!(of(Algorithm::Md5), "md5:900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            of(Algorithm::Sha256),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Algorithm::of(Some("md5:90")), Algorithm::Md5);
        assert_eq!(Algorithm::of(None), Algorithm::Sha256);
    }
}
