use crate::{StoreError, listing::entries, remove::remove};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a stage directory may hold when it is handed out, empty.
const KEPT: [&str; 2] = ["inputs", "outputs"];

/// The folder in a stage directory that the next attempt at the same key finds again, such as a download
/// that was cut off.
pub const PARTIAL: &str = "partial";

/// The directories that stages work in. Those of finished stages are handed out again, and what cannot be
/// is moved aside and removed at the end: where each freed block is reported to the device at once (ext4
/// mounted with `discard`), removing three folders takes longer than most commands.
pub(crate) struct StageFolders {
    /// Where folders lie that no stage works in.
    aside: PathBuf,
    unused: Mutex<Unused>,
}

#[derive(Default)]
struct Unused {
    /// Empty but for [`KEPT`].
    spare: Vec<PathBuf>,
    garbage: Vec<PathBuf>,
}

impl StageFolders {
    pub(crate) fn new(aside: PathBuf) -> StageFolders {
        StageFolders { aside, unused: Mutex::default() }
    }

    /// Makes `folder` one to work in, whatever a killed stage has left there; of that only [`PARTIAL`] stays.
    pub(crate) fn hand_out(&self, folder: &Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::writing("create", folder, error);
        let left = if folder.exists() { Some(self.move_aside(folder)?) } else { None };
        let spare = self.unused().spare.pop();
        match spare.map_or(Err(io::ErrorKind::NotFound.into()), |spare| fs::rename(spare, folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(folder).map_err(failed),
            renamed => renamed.map_err(failed),
        }?;
        if let Some(left) = left {
            let handed_on = fs::rename(left.join(PARTIAL), folder.join(PARTIAL));
            self.unused().garbage.push(left);
            handed_on.or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(failed(error)),
            })?;
        }
        Ok(())
    }

    /// Takes back the folder of a stage that is recorded.
    pub(crate) fn take_back(&self, folder: &Path) -> Result<(), StoreError> {
        let aside = self.move_aside(folder)?;
        let emptied = empty(&aside);
        let mut unused = self.unused();
        if emptied.is_ok() {
            unused.spare.push(aside)
        } else {
            unused.garbage.push(aside)
        }
        Ok(())
    }

    /// Removes `folder` if no stage has put anything into it.
    pub(crate) fn remove_if_empty(&self, folder: &Path) {
        for kept in KEPT {
            let _ = fs::remove_dir(folder.join(kept));
        }
        let _ = fs::remove_dir(folder);
    }

    /// Removes the folders that no stage works in. What cannot be removed is left to the next collection.
    pub(crate) fn clear(&self) {
        let Unused { spare, garbage } = std::mem::take(&mut *self.unused());
        for folder in spare.into_iter().chain(garbage) {
            let _ = remove(&folder);
        }
    }

    fn move_aside(&self, folder: &Path) -> Result<PathBuf, StoreError> {
        let failed = |error| StoreError::writing("remove", folder, error);
        tempfile::Builder::new()
            .prefix("stage-")
            .make_in(&self.aside, |path| fs::rename(folder, path))
            .map_err(failed)?
            .into_temp_path()
            .keep()
            .map_err(|error| failed(error.error))
    }

    fn unused(&self) -> MutexGuard<'_, Unused> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StageFolders {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Removes all that is in a stage's folder but what [`KEPT`] names, which is emptied.
fn empty(folder: &Path) -> Result<(), StoreError> {
    for entry in entries(folder)? {
        let is_kept = KEPT.iter().any(|name| entry.ends_with(name))
            && fs::symlink_metadata(&entry).is_ok_and(|metadata| metadata.is_dir());
        if is_kept {
            entries(&entry)?.iter().try_for_each(|inner| remove(inner))?;
        } else {
            remove(&entry)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        entries(folder).unwrap().iter().map(|path| path.file_name().unwrap().display().to_string()).collect()
    }

    #[test]
    fn a_folder_is_handed_out_again_without_what_was_in_it() {
        let root = tempfile::tempdir().unwrap();
        let (aside, stages) = (root.path().join("tmp"), root.path().join("stages"));
        fs::create_dir_all(&aside).unwrap();
        fs::create_dir_all(&stages).unwrap();
        let folders = StageFolders::new(aside.clone());
        let (first, second) = (stages.join("first"), stages.join("second"));
        folders.hand_out(&first).unwrap();
        assert_eq!(names(&first), Vec::<String>::new());
        for folder in ["inputs/a", "outputs", "scratch/deep"] {
            fs::create_dir_all(first.join(folder)).unwrap();
        }
        for file in ["log", "outputs/unstored", "scratch/deep/file"] {
            fs::write(first.join(file), "x").unwrap();
        }
        folders.take_back(&first).unwrap();
        assert_eq!(names(&stages), Vec::<String>::new());

        folders.hand_out(&second).unwrap();
        assert_eq!(names(&second), ["inputs", "outputs"]);
        assert!(names(&second.join("inputs")).is_empty() && names(&second.join("outputs")).is_empty());
        assert_eq!(names(&aside), Vec::<String>::new(), "it was the same folder");

        fs::write(second.join("half"), "left by a killed run").unwrap();
        folders.hand_out(&second).unwrap();
        assert_eq!(names(&second), Vec::<String>::new());
        folders.take_back(&second).unwrap();
        assert_eq!(names(&aside).len(), 2);
        folders.clear();
        assert_eq!(names(&aside), Vec::<String>::new());
    }

    #[test]
    fn the_next_attempt_finds_what_is_partial_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let (aside, stage) = (root.path().join("tmp"), root.path().join("stage"));
        fs::create_dir(&aside).unwrap();
        let folders = StageFolders::new(aside);
        folders.hand_out(&stage).unwrap();
        for folder in ["outputs", PARTIAL] {
            fs::create_dir_all(stage.join(folder)).unwrap();
            fs::write(stage.join(folder).join("half"), "x").unwrap();
        }
        folders.remove_if_empty(&stage);
        folders.hand_out(&stage).unwrap();
        assert_eq!(names(&stage), [PARTIAL]);
        assert_eq!(fs::read(stage.join("partial/half")).unwrap(), b"x");

        folders.take_back(&stage).unwrap();
        folders.hand_out(&stage).unwrap();
        assert!(!names(&stage).contains(&PARTIAL.to_owned()));
    }
}
