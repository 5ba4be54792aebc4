use super::TrainingState;
use crate::{TrainError, Trajectory, whole_file::write_whole};
use proto::CheckpointNames;
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Syncs may take one part in so many of a training's time.
const SYNC_SHARE: u32 = 20;
/// How the names of checkpoints end; other files in the folder are let be.
const SUFFIX: &str = ".checkpoint";
const STEPS_SUFFIX: &str = ".steps.checkpoint";

/// The folder of checkpoints, shared by all trainings, as one training sees it.
///
/// The state after every epoch is written. After every `every` epochs, where a phase ends and at the end it is
/// kept, as `<Tₑ>.checkpoint`, for all trainings that pass there; in between it is `<Tₑ>.<owner>.checkpoint`, and a
/// state within the epoch that leads to Tₑ is `<Tₑ>.<owner>.steps.checkpoint`; both are removed once a later
/// one is safe. The owner is where the training ends, so that two trainings at work on a common start do not
/// remove each other's.
pub struct CheckpointFolder {
    folder: PathBuf,
    trajectory: Trajectory,
    every: u32,
    phase_ends: Vec<u32>,
    superseded: Vec<PathBuf>,
    synced: Instant,
    sync_took: Duration,
}

impl CheckpointFolder {
    /// The folder as a training along `trajectory` sees it.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn new(folder: &Path, trajectory: Trajectory, every: u32) -> Result<Self, TrainError> {
        fs::create_dir_all(folder).map_err(TrainError::file("make the folder", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            trajectory,
            every: every.max(1),
            phase_ends: Vec::new(),
            superseded: Vec::new(),
            synced: Instant::now(),
            sync_took: Duration::ZERO,
        })
    }

    /// Keeps the states after these numbers of epochs too: a later phase may be changed, and then no earlier epoch
    /// is to be repeated.
    pub fn keeping(mut self, phase_ends: &[u32]) -> Self {
        self.phase_ends = phase_ends.to_vec();
        self
    }

    /// Keeps the state after this number of epochs too: the training turned out to end there.
    pub fn keep_also(&mut self, epochs: u32) {
        self.phase_ends.push(epochs);
    }

    /// Offers the states on the way of this training to `accept`, the latest first, until it takes one, and
    /// says whether it did. It may pass one over; what cannot be read or used goes to `warn`.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn resume(
        &mut self,
        mut accept: impl FnMut(TrainingState) -> Result<bool, TrainError>,
        mut warn: impl FnMut(TrainError),
    ) -> Result<bool, TrainError> {
        let mut found = self.list()?;
        for epochs in (1..=self.trajectory.epochs()).rev() {
            let mut paths = found.remove(&self.trajectory.after(epochs)).unwrap_or_default();
            paths.sort_by_key(|path| path.to_string_lossy().ends_with(STEPS_SUFFIX));
            for path in paths {
                match read(&path).and_then(&mut accept) {
                    Ok(false) => {}
                    Ok(true) => {
                        self.superseded.extend(self.is_own(&path).then_some(path));
                        return Ok(true);
                    }
                    Err(TrainError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => warn(error),
                }
            }
        }
        Ok(false)
    }

    /// The states up to this number of epochs that are stored, for a training that ends there.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn names(&self, epochs: u32) -> Result<CheckpointNames, TrainError> {
        let (found, mut names) = (self.list()?, CheckpointNames::default());
        for epoch in 1..=epochs {
            let name = self.trajectory.after(epoch);
            if found.contains_key(&name) {
                let is_end = epoch == epochs || self.phase_ends.contains(&epoch);
                (if is_end { &mut names.ends } else { &mut names.within }).push(name);
            }
        }
        Ok(names)
    }

    /// The checkpoints there are, by the point Tₑ that they were taken at.
    fn list(&self) -> Result<HashMap<String, Vec<PathBuf>>, TrainError> {
        let read =
            || fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for path in read().map_err(TrainError::file("list", &self.folder))? {
            let name =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(SUFFIX));
            if let Some(point) = name.and_then(|name| name.split('.').next()) {
                found.entry(point.to_owned()).or_default().push(path);
            }
        }
        Ok(found)
    }

    /// Writes a state, and removes earlier ones that are no longer needed.
    ///
    /// # Errors
    /// If it cannot be written; then the earlier ones are as they were.
    pub fn save(&mut self, state: &TrainingState) -> Result<(), TrainError> {
        let epochs = state.history.len() as u32;
        let is_kept = self.is_kept(state);
        let name = match state.steps {
            Some(_) => format!("{}.{}{STEPS_SUFFIX}", self.trajectory.after(epochs + 1), self.owner()),
            None if is_kept => format!("{}{SUFFIX}", self.trajectory.after(epochs)),
            None => format!("{}.{}{SUFFIX}", self.trajectory.after(epochs), self.owner()),
        };
        let path = self.folder.join(name);
        let sync = self.synced.elapsed() >= SYNC_SHARE * self.sync_took;
        let (bytes, begun) = (state.encode()?, Instant::now());
        write_whole(&path, &bytes, sync).map_err(TrainError::file("write", &path))?;
        if sync {
            (self.synced, self.sync_took) = (Instant::now(), begun.elapsed());
            // A second stop within an epoch writes over the state of the first.
            for earlier in self.superseded.drain(..).filter(|earlier| *earlier != path) {
                // It may be gone already, and one that stays costs nothing but its space.
                let _ = fs::remove_file(earlier);
            }
        }
        self.superseded.extend((!is_kept).then_some(path));
        Ok(())
    }

    fn owner(&self) -> String {
        self.trajectory.after(self.trajectory.epochs())[..16].to_owned()
    }

    fn is_kept(&self, state: &TrainingState) -> bool {
        let epochs = state.history.len() as u32;
        state.steps.is_none()
            && (epochs.is_multiple_of(self.every)
                || epochs == self.trajectory.epochs()
                || self.phase_ends.contains(&epochs))
    }

    fn is_own(&self, path: &Path) -> bool {
        path.to_string_lossy().contains(&format!(".{}.", self.owner()))
    }
}

fn read(path: &Path) -> Result<TrainingState, TrainError> {
    let bytes = fs::read(path).map_err(TrainError::file("read", path))?;
    TrainingState::decode(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EpochRecord, Start, StepFigures};
    use std::collections::{BTreeMap, BTreeSet};
    use tch::Tensor;

    fn trajectory(learning_rates: &[f64]) -> Trajectory {
        let training = serde_json::from_str(r#"{"model": {"stages": [1], "filters": [4, 4]}}"#).unwrap();
        Trajectory::new(&Start { inputs: BTreeMap::new(), training }, learning_rates)
    }

    fn state(epochs: u32) -> TrainingState {
        let record = |epoch| EpochRecord { epoch, lr: 0.1, ..EpochRecord::default() };
        TrainingState {
            history: (0..epochs).map(record).collect(),
            steps: None,
            network: vec![("head".to_owned(), Tensor::from_slice(&[epochs as f32, 0.5]))],
            velocity: Tensor::from_slice(&[1.0f32, -(epochs as f32)]),
            average: vec![("head".to_owned(), Tensor::from_slice(&[0.25f32, 0.5]))],
            best: vec![("head".to_owned(), Tensor::from_slice(&[0.75f32, 0.5]))],
        }
    }

    /// Trains `from..to` epochs, as far as checkpoints see it.
    fn save_all(checkpoints: &mut CheckpointFolder, epochs: std::ops::RangeInclusive<u32>) {
        epochs.for_each(|epoch| checkpoints.save(&state(epoch)).unwrap());
    }

    fn resume(checkpoints: &mut CheckpointFolder) -> (Option<TrainingState>, Vec<String>) {
        let (mut resumed, mut warnings) = (None, Vec::new());
        let accept = |state| {
            resumed = Some(state);
            Ok(true)
        };
        checkpoints.resume(accept, |error| warnings.push(error.to_string())).unwrap();
        (resumed, warnings)
    }

    fn resumed_epochs(folder: &Path, learning_rates: &[f64]) -> usize {
        let mut checkpoints = CheckpointFolder::new(folder, trajectory(learning_rates), 5).unwrap();
        resume(&mut checkpoints).0.map_or(0, |state| state.history.len())
    }

    #[test]
    fn the_state_at_the_end_of_a_phase_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let rates = [0.1, 0.1, 0.01, 0.01];
        let points = trajectory(&rates);
        let checkpoints = CheckpointFolder::new(folder.path(), points.clone(), 5).unwrap();
        save_all(&mut checkpoints.keeping(&[2]), 1..=4);
        let is_kept = |epochs| folder.path().join(format!("{}{SUFFIX}", points.after(epochs))).exists();
        assert_eq!([1, 2, 3, 4].map(is_kept), [false, true, false, true]);
        assert_eq!(resumed_epochs(folder.path(), &[0.1, 0.1, 0.05]), 2);
    }

    #[test]
    fn the_names_of_what_is_stored_tell_ends_of_phases_from_states_within() {
        let folder = tempfile::tempdir().unwrap();
        let points = trajectory(&[0.1, 0.1, 0.1, 0.01, 0.01]);
        let mut checkpoints = CheckpointFolder::new(folder.path(), points.clone(), 2).unwrap().keeping(&[3]);
        checkpoints.sync_took = Duration::from_secs(3600);
        save_all(&mut checkpoints, 2..=5);
        let names = |epochs: &[u32]| epochs.iter().map(|&epoch| points.after(epoch)).collect::<Vec<_>>();
        let found = checkpoints.names(5).unwrap();
        assert_eq!((found.ends, found.within), (names(&[3, 5]), names(&[2, 4])));
        assert_eq!(checkpoints.names(4).unwrap().ends, names(&[3, 4]), "one that ended early");
    }

    #[test]
    fn a_state_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = CheckpointFolder::new(folder.path(), trajectory(&[0.1; 3]), 5).unwrap();
        save_all(&mut checkpoints, 1..=2);
        let (resumed, warnings) = resume(&mut checkpoints);
        let (resumed, saved) = (resumed.unwrap(), state(2));
        assert_eq!(resumed.history, saved.history);
        assert_eq!(resumed.network, saved.network);
        assert_eq!(resumed.velocity, saved.velocity);
        assert_eq!((resumed.average, resumed.best), (saved.average, saved.best));
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_state_that_is_passed_over_is_no_reason_to_warn() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = CheckpointFolder::new(folder.path(), trajectory(&[0.1; 3]), 1).unwrap();
        save_all(&mut checkpoints, 1..=3);
        let mut taken = 0;
        let accept = |state: TrainingState| {
            taken = state.history.len();
            Ok(taken < 3)
        };
        assert!(checkpoints.resume(accept, |error| panic!("{error}")).unwrap());
        assert_eq!(taken, 2);
    }

    #[test]
    fn a_state_within_an_epoch_is_later_than_the_one_before_it_and_earlier_than_the_one_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = CheckpointFolder::new(folder.path(), trajectory(&[0.1; 3]), 5).unwrap();
        let steps = StepFigures { losses: vec![0.1 + 0.2], ..StepFigures::default() };
        let within = TrainingState { steps: Some(steps), ..state(1) };
        checkpoints.save(&within).unwrap();
        checkpoints.sync_took = Duration::from_secs(3600);
        checkpoints.save(&state(1)).unwrap();
        assert_eq!(resume(&mut checkpoints).0.unwrap().steps, within.steps);
        checkpoints.save(&state(2)).unwrap();
        assert_eq!(resume(&mut checkpoints).0.unwrap().steps, None);
        checkpoints.sync_took = Duration::ZERO;
        checkpoints.save(&state(3)).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_the_kept_and_the_newest_stay() {
        let folder = tempfile::tempdir().unwrap();
        let points = trajectory(&[0.1; 7]);
        let mut checkpoints = CheckpointFolder::new(folder.path(), points.clone(), 2).unwrap();
        checkpoints.sync_took = Duration::ZERO;
        for epoch in 1..=5 {
            checkpoints.save(&state(epoch)).unwrap();
            checkpoints.sync_took = Duration::ZERO;
        }
        let names: BTreeSet<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let owner = &points.after(7)[..16];
        let expected = [
            format!("{}.checkpoint", points.after(2)),
            format!("{}.checkpoint", points.after(4)),
            format!("{}.{owner}.checkpoint", points.after(5)),
        ];
        assert_eq!(names, BTreeSet::from(expected));
    }

    #[test]
    fn without_a_sync_nothing_earlier_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = CheckpointFolder::new(folder.path(), trajectory(&[0.1; 7]), 5).unwrap();
        checkpoints.save(&state(1)).unwrap();
        checkpoints.sync_took = Duration::from_secs(3600);
        save_all(&mut checkpoints, 2..=4);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    }

    #[test]
    fn the_longest_common_start_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let rates = [0.1, 0.1, 0.1, 0.01];
        let mut checkpoints = CheckpointFolder::new(folder.path(), trajectory(&rates), 1).unwrap();
        save_all(&mut checkpoints, 1..=4);
        assert_eq!(resumed_epochs(folder.path(), &rates), 4);
        assert_eq!(resumed_epochs(folder.path(), &[0.1, 0.1, 0.1, 0.01, 0.01]), 4);
        assert_eq!(resumed_epochs(folder.path(), &[0.1, 0.1, 0.1, 0.001]), 3);
        assert_eq!(resumed_epochs(folder.path(), &[0.1, 0.1]), 2);
        assert_eq!(resumed_epochs(folder.path(), &[0.2, 0.1]), 0);
    }

    #[test]
    fn a_training_does_not_remove_what_another_one_stands_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = CheckpointFolder::new(folder.path(), trajectory(&[0.1, 0.1, 0.1]), 5).unwrap();
        save_all(&mut one, 1..=1);
        let mut other = CheckpointFolder::new(folder.path(), trajectory(&[0.1, 0.2, 0.2]), 5).unwrap();
        save_all(&mut other, 1..=2);
        other.sync_took = Duration::ZERO;
        assert_eq!(resumed_epochs(folder.path(), &[0.1, 0.3]), 1);
    }

    #[test]
    fn a_damaged_checkpoint_is_named_and_the_one_before_it_taken() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = CheckpointFolder::new(folder.path(), trajectory(&[0.1; 3]), 1).unwrap();
        save_all(&mut checkpoints, 1..=3);
        let newest = folder.path().join(format!("{}{SUFFIX}", trajectory(&[0.1; 3]).after(3)));
        let mut bytes = fs::read(&newest).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&newest, bytes).unwrap();
        let (resumed, warnings) = resume(&mut checkpoints);
        assert_eq!(resumed.unwrap().history.len(), 2);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("does not match its digest"), "{warnings:?}");
    }
}
