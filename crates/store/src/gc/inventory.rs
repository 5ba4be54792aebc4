use super::{
    report::{GcItem, GcItemKind},
    roots::Roots,
};
use crate::{
    ActionRecord, Digest, Store, StoreError,
    listing::{bytes_below, entries},
    lock::Lock,
};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// All that a collection has to decide on.
pub(super) struct Inventory {
    /// What may go or stay: actions, and folders of stages that nobody works in.
    pub(super) candidates: Vec<Candidate>,
    pub(super) checkpoints: Vec<Candidate>,
    /// The checkpoints that actions have gone through, by the digests in their names.
    pub(super) of_actions: BTreeSet<Digest>,
    pub(super) objects: BTreeMap<Digest, GcItem>,
    /// What goes in any case.
    pub(super) rubbish: Vec<GcItem>,
    /// Objects that stages at work read.
    pub(super) in_use: BTreeSet<Digest>,
    /// The bytes in folders of stages at work.
    pub(super) bytes_at_work: u64,
    /// When the oldest stage at work began.
    pub(super) at_work_since: Option<SystemTime>,
}

pub(super) struct Candidate {
    pub(super) item: GcItem,
    /// When it was written.
    pub(super) time: SystemTime,
    /// The key of an action or a stage, the trajectory that led to a checkpoint; what names something else is none.
    pub(super) key: Digest,
    /// The run that executed an action.
    pub(super) run: Option<String>,
    /// The objects and checkpoints that it needs.
    pub(super) needs: Vec<Digest>,
}

impl Inventory {
    /// # Errors
    /// [`StoreError::NewerFormat`] if an action cannot be understood: what it needs is not known then.
    pub(super) fn take(store: &Store, roots: &Roots) -> Result<Inventory, StoreError> {
        let (in_use, left) = store.objects_in_use()?;
        let mut inventory = Inventory {
            candidates: Vec::new(),
            checkpoints: Vec::new(),
            of_actions: BTreeSet::new(),
            objects: BTreeMap::new(),
            rubbish: items(GcItemKind::Temporary, left),
            in_use,
            bytes_at_work: 0,
            at_work_since: None,
        };
        let layout = &store.inner.layout;
        inventory.rubbish.extend(items(GcItemKind::Temporary, entries(&layout.temporary())?));
        inventory.rubbish.extend(items(GcItemKind::Damaged, entries(&layout.damaged())?));
        inventory.rubbish.extend(items(GcItemKind::Forgotten, roots.forgotten.clone()));
        inventory.take_actions(store, roots)?;
        inventory.take_checkpoints(&layout.checkpoints())?;
        inventory.take_stages(store)?;
        inventory.take_objects(store)?;
        Ok(inventory)
    }

    fn take_actions(&mut self, store: &Store, roots: &Roots) -> Result<(), StoreError> {
        for action in store.list_actions()? {
            match action.record {
                Ok(record) => {
                    self.of_actions.extend(record.checkpoints.iter().chain(&record.passed_checkpoints));
                    self.candidates.push(Candidate {
                        time: modified(&action.path),
                        item: item(GcItemKind::Action, action.path),
                        key: record.key,
                        needs: needs_of(&record, roots),
                        run: Some(record.run),
                    });
                }
                Err(StoreError::Damaged { path, .. }) => self.rubbish.push(item(GcItemKind::Damaged, path)),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take_checkpoints(&mut self, folder: &Path) -> Result<(), StoreError> {
        for path in entries(folder)? {
            let (time, item) = (modified(&path), item(GcItemKind::Checkpoint, path));
            let key = key_of(item.name.split('.').next().unwrap_or_default());
            self.checkpoints.push(Candidate { item, time, key, run: None, needs: Vec::new() });
        }
        Ok(())
    }

    fn take_stages(&mut self, store: &Store) -> Result<(), StoreError> {
        let layout = &store.inner.layout;
        for path in entries(&layout.stages())? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if Lock::is_held(&layout.locks(), &name) {
                // Where a file system does not say, the stage may have begun at any time.
                let began = fs::metadata(&path).and_then(|metadata| metadata.created()).unwrap_or(UNIX_EPOCH);
                self.at_work_since = Some(self.at_work_since.map_or(began, |since| since.min(began)));
                self.bytes_at_work += bytes_below(&path);
                continue;
            }
            let (time, key) = (modified(&path), key_of(&name));
            // A process that was killed had recorded the stage and was about to remove its folder.
            if modified(&layout.action(&key)) >= time {
                self.rubbish.push(item(GcItemKind::Stage, path));
                continue;
            }
            let item = item(GcItemKind::Stage, path);
            self.candidates.push(Candidate { item, time, key, run: None, needs: Vec::new() });
        }
        Ok(())
    }

    fn take_objects(&mut self, store: &Store) -> Result<(), StoreError> {
        let listed: Vec<_> = store
            .list_objects()?
            .into_par_iter()
            .map(|object| (object.digest, item(GcItemKind::Object, object.path)))
            .collect();
        for (digest, item) in listed {
            match digest {
                Some(digest) => {
                    self.objects.insert(digest, GcItem { name: digest.to_hex(), ..item });
                }
                None => self.rubbish.push(GcItem { kind: GcItemKind::Temporary, ..item }),
            }
        }
        Ok(())
    }
}

fn needs_of(record: &ActionRecord, roots: &Roots) -> Vec<Digest> {
    let objects = record.outputs.values().chain(&record.log).map(|output| output.digest);
    let checkpoints = record.checkpoints.iter().filter(|_| roots.spares_checkpoints);
    objects.chain(checkpoints.copied()).collect()
}

fn key_of(name: &str) -> Digest {
    name.parse().unwrap_or_else(|_| Digest::of(name.as_bytes()))
}

fn items(kind: GcItemKind, paths: Vec<PathBuf>) -> Vec<GcItem> {
    paths.into_iter().map(|path| item(kind, path)).collect()
}

fn item(kind: GcItemKind, path: PathBuf) -> GcItem {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    GcItem { kind, name, bytes: bytes_below(&path), path }
}

fn modified(path: &Path) -> SystemTime {
    fs::symlink_metadata(path).and_then(|metadata| metadata.modified()).unwrap_or(UNIX_EPOCH)
}
