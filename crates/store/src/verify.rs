use crate::{
    Digest, Store, StoreError,
    file_digests::{FileDigests, Owner},
    index::Index,
    listing::{ListedObject, entries},
};
use rayon::prelude::*;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// What [`verify`] has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many objects were read.
    pub objects: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that do not hold what their names say.
    pub damaged_objects: Vec<DamagedObject>,
    /// Records that cannot be read, and why.
    pub damaged_actions: Vec<(PathBuf, String)>,
    /// Checkpoints that are not what was written, and why.
    pub damaged_checkpoints: Vec<(PathBuf, String)>,
    /// What is recorded and whole nowhere; its stage runs again when it is asked for.
    pub missing_outputs: Vec<MissingOutput>,
}

/// An object that does not hold what its name says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DamagedObject {
    /// What it should hold.
    pub digest: Digest,
    /// Where it was moved, if it could be.
    pub moved_to: Option<PathBuf>,
}

/// An output that is recorded but not in the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingOutput {
    /// The key that produced it.
    pub key: Digest,
    /// The output's name.
    pub output: String,
    /// The object that is missing.
    pub digest: Digest,
}

impl VerifyReport {
    /// Whether all is well.
    pub fn is_whole(&self) -> bool {
        self.damaged_objects.is_empty()
            && self.damaged_actions.is_empty()
            && self.damaged_checkpoints.is_empty()
            && self.missing_outputs.is_empty()
    }
}

/// Reads every object, action and checkpoint, whatever the index says, and moves damaged objects aside.
///
/// # Errors
/// When a folder of the store cannot be read. What cannot be read within is part of the report.
pub fn verify(store: &Store) -> Result<VerifyReport, StoreError> {
    let checked: Vec<_> =
        store.list_objects()?.into_par_iter().filter_map(|object| check(store, object)).collect();
    let mut report = VerifyReport { objects: checked.len(), ..VerifyReport::default() };
    let mut whole = BTreeSet::new();
    for (digest, bytes) in checked {
        match bytes {
            Some(bytes) => {
                report.bytes += bytes;
                whole.insert(digest);
            }
            None => report
                .damaged_objects
                .push(DamagedObject { digest, moved_to: store.move_aside(&digest).ok() }),
        }
    }
    for action in store.list_actions()? {
        match action.record {
            Ok(record) => report.missing_outputs.extend(
                record.outputs.iter().filter(|(_, stored)| !whole.contains(&stored.digest)).map(
                    |(output, stored)| MissingOutput {
                        key: record.key,
                        output: output.clone(),
                        digest: stored.digest,
                    },
                ),
            ),
            Err(error) => report.damaged_actions.push((action.path, error.to_string())),
        }
    }
    report.damaged_checkpoints = damaged_checkpoints(store)?;
    Ok(report)
}

/// How a checkpoint begins; the digest of all that follows comes next. The worker writes them.
const CHECKPOINT: &[u8] = b"pipeline checkpoint 1\n";

/// Checkpoints of another version are not judged, nor those that a training has replaced meanwhile.
fn damaged_checkpoints(store: &Store) -> Result<Vec<(PathBuf, String)>, StoreError> {
    let is_checkpoint = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "checkpoint");
    let paths = entries(&store.inner.layout.checkpoints())?;
    let found = paths.into_par_iter().filter(is_checkpoint).filter_map(|path| {
        let problem = match fs::read(&path) {
            Ok(bytes) => problem_of_checkpoint(&bytes)?.to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => error.to_string(),
        };
        Some((path, problem))
    });
    Ok(found.collect())
}

fn problem_of_checkpoint(bytes: &[u8]) -> Option<&'static str> {
    let Some(rest) = bytes.strip_prefix(CHECKPOINT) else {
        let is_of_another_version = bytes.starts_with(b"pipeline checkpoint ") && bytes.contains(&b'\n');
        return (!is_of_another_version).then_some("it does not begin like a checkpoint");
    };
    match rest.split_first_chunk::<32>() {
        None => Some("it is cut off"),
        Some((digest, content)) if Digest::of(content).as_bytes() == digest => None,
        Some(_) => Some("its content is not what was written"),
    }
}

/// The object's digest, and its bytes if it is whole. `None` for what is no object, or has been collected
/// meanwhile.
fn check(store: &Store, object: ListedObject) -> Option<(Digest, Option<u64>)> {
    let digest = object.digest?;
    let nothing_known =
        FileDigests { index: &Index::default(), index_file: Path::new(""), owner: Owner::Store };
    match nothing_known.content(&object.path, store.object_key(&digest)) {
        Ok(content) => Some((digest, (content.digest == digest).then_some(content.size))),
        Err(error) if error.is_not_found() && !object.path.exists() => None,
        Err(_) => Some((digest, None)),
    }
}
