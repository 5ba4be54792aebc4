//! The index on disk: a header and records of a fixed size, sorted by path key, so that it is looked up
//! as it lies in memory, without building anything.
//!
//! ```text
//! 0   "pipeidx" and one byte of version     8   BLAKE3 of all records
//! 40  records of 88 bytes: path key 16, inode 8, size 8, modified 8, changed 8, digest 32, last use 8
//! ```
//! Integers are little-endian; times of files are nanoseconds, the last use days, since 1970.

use crate::{Digest, path_key::PathKey, stamp::Stamp};

const MAGIC: &[u8; 8] = b"pipeidx\x01";
const HEADER: usize = 40;
const RECORD: usize = 88;

/// Starting threads takes longer than the checksum of fewer bytes.
const WORTH_THREADS: usize = 1 << 20;

/// One remembered digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) stamp: Stamp,
    pub(crate) digest: Digest,
    /// When it was last of use, in days since 1970.
    pub(crate) used: u64,
}

/// The records of an index file that passed its checksum; empty if it did not.
#[derive(Default)]
pub(crate) struct SortedEntries(Vec<u8>);

impl SortedEntries {
    /// `None` if these bytes are not a whole index of this version.
    pub(crate) fn decode(bytes: Vec<u8>) -> Option<SortedEntries> {
        let (header, records) = bytes.split_at_checked(HEADER)?;
        let whole = header.starts_with(MAGIC)
            && records.len() % RECORD == 0
            && header[MAGIC.len()..] == *checksum(records).as_bytes();
        whole.then_some(SortedEntries(bytes))
    }

    /// The whole file of `entries`, which must be sorted by key.
    pub(crate) fn encode(entries: impl Iterator<Item = (PathKey, Entry)>) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        for (key, entry) in entries {
            bytes.extend_from_slice(&key.0);
            bytes.extend_from_slice(&entry.stamp.inode.to_le_bytes());
            bytes.extend_from_slice(&entry.stamp.size.to_le_bytes());
            bytes.extend_from_slice(&entry.stamp.modified.to_le_bytes());
            bytes.extend_from_slice(&entry.stamp.changed.to_le_bytes());
            bytes.extend_from_slice(entry.digest.as_bytes());
            bytes.extend_from_slice(&entry.used.to_le_bytes());
        }
        let checksum = checksum(&bytes[HEADER..]);
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[MAGIC.len()..HEADER].copy_from_slice(checksum.as_bytes());
        bytes
    }

    pub(crate) fn find(&self, key: &PathKey) -> Option<Entry> {
        let records = self.records();
        let position = records.binary_search_by(|record| record[..16].cmp(&key.0)).ok()?;
        records.get(position).map(|record| decode(record).1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PathKey, Entry)> {
        self.records().iter().map(decode)
    }

    fn records(&self) -> &[[u8; RECORD]] {
        self.0.get(HEADER..).unwrap_or_default().as_chunks().0
    }
}

fn checksum(records: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    if records.len() < WORTH_THREADS {
        hasher.update(records);
    } else {
        hasher.update_rayon(records);
    }
    Digest::from_bytes(*hasher.finalize().as_bytes())
}

fn decode(record: &[u8; RECORD]) -> (PathKey, Entry) {
    let stamp = Stamp {
        inode: u64::from_le_bytes(field(record, 16)),
        size: u64::from_le_bytes(field(record, 24)),
        modified: i64::from_le_bytes(field(record, 32)),
        changed: i64::from_le_bytes(field(record, 40)),
    };
    let digest = Digest::from_bytes(field(record, 48));
    let used = u64::from_le_bytes(field(record, 80));
    (PathKey(field(record, 0)), Entry { stamp, digest, used })
}

fn field<const N: usize>(record: &[u8; RECORD], offset: usize) -> [u8; N] {
    std::array::from_fn(|i| record[offset + i])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: u64) -> Vec<(PathKey, Entry)> {
        let mut entries: Vec<_> = (0..count)
            .map(|i| {
                let digest = Digest::of(&i.to_le_bytes());
                let stamp = Stamp { inode: i, size: i * 3, modified: -(i as i64), changed: i as i64 };
                (PathKey(digest.as_bytes()[..16].try_into().unwrap()), Entry { stamp, digest, used: 7 + i })
            })
            .collect();
        entries.sort_by_key(|(key, _)| *key);
        entries
    }

    #[test]
    fn round_trips_and_finds_each() {
        for count in [0, 1, 100] {
            let entries = entries(count);
            let index = SortedEntries::decode(SortedEntries::encode(entries.iter().copied())).unwrap();
            assert_eq!(index.iter().collect::<Vec<_>>(), entries);
            for (key, entry) in &entries {
                assert_eq!(index.find(key), Some(*entry));
            }
            assert_eq!(index.find(&PathKey([255; 16])), None);
        }
    }

    #[test]
    fn notices_every_truncation_and_every_flipped_bit() {
        let whole = SortedEntries::encode(entries(3).into_iter());
        for length in 0..whole.len() {
            assert!(SortedEntries::decode(whole[..length].to_vec()).is_none(), "{length} bytes");
        }
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(SortedEntries::decode(bytes).is_none(), "bit {bit}");
        }
    }
}
