use crate::TrainError;
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

/// What one epoch gave. Times are left out on purpose: the same training gives the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, from 0.
    pub epoch: u32,
    /// Its learning rate; in a warm-up, that of its last step.
    pub lr: f64,
    /// Mean loss of the training images as they were trained, penalty included.
    pub train_loss: f64,
    /// The same without the penalty.
    pub train_cross_entropy: f64,
    /// Share of the training images that were right as they were trained.
    pub train_accuracy: f64,
    /// Loss on the validation set after the epoch, penalty included.
    pub val_loss: Option<f64>,
    /// The same without the penalty.
    pub val_cross_entropy: Option<f64>,
    /// Share of the validation images that are right after the epoch.
    pub val_accuracy: Option<f64>,
}

/// All epochs of a training so far, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// One record an epoch.
    pub epochs: Vec<EpochRecord>,
    /// The epochs with which a new phase begins; not the first.
    #[serde(default)]
    pub phase_starts: Vec<u32>,
    /// Whether early stopping ended the training before its last epoch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped_early: bool,
    /// The epoch, from 0, whose weights were saved, where the best ones were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_epoch: Option<u32>,
}

impl History {
    /// The record of the epoch whose weights were saved.
    pub fn of_saved_weights(&self) -> Option<&EpochRecord> {
        self.kept_epoch.map_or(self.epochs.last(), |kept| self.epochs.get(kept as usize))
    }

    /// The epoch with the highest validation accuracy, the first of several.
    pub fn best_val_accuracy(&self) -> Option<&EpochRecord> {
        self.highest(|record| record.val_accuracy)
    }

    /// The epoch with the lowest validation loss, the first of several.
    pub fn lowest_val_loss(&self) -> Option<&EpochRecord> {
        self.highest(|record| record.val_loss.map(|loss| -loss))
    }

    fn highest(&self, figure: fn(&EpochRecord) -> Option<f64>) -> Option<&EpochRecord> {
        let known = self.epochs.iter().filter_map(|record| Some((figure(record)?, record)));
        known.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, record)| record)
    }

    /// Writes the history as one JSON object.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_json(&self, path: &Path) -> Result<(), TrainError> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(io::Error::other)
            .map_err(TrainError::file("write", path))?;
        text.push(b'\n');
        fs::write(path, text).map_err(TrainError::file("write", path))
    }

    /// Writes one line an epoch under a line of names; a figure that is not there is empty.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_csv(&self, path: &Path) -> Result<(), TrainError> {
        let rows = || {
            let mut writer = csv::Writer::from_path(path)?;
            self.epochs.iter().try_for_each(|record| writer.serialize(record))?;
            writer.flush().map_err(csv::Error::from)
        };
        rows().map_err(io::Error::from).map_err(TrainError::file("write", path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        let record = |epoch, val: Option<f64>| EpochRecord {
            epoch,
            lr: 0.1,
            train_loss: 0.5,
            train_cross_entropy: 0.25,
            train_accuracy: 0.75,
            val_loss: val.map(|accuracy| 1.0 - accuracy),
            val_cross_entropy: None,
            val_accuracy: val,
        };
        let epochs =
            vec![record(0, Some(0.5)), record(1, Some(0.75)), record(2, Some(0.75)), record(3, None)];
        History { epochs, phase_starts: vec![2], ..History::default() }
    }

    #[test]
    fn the_first_best_epoch_counts() {
        assert_eq!(history().best_val_accuracy().unwrap().epoch, 1);
        assert_eq!(history().lowest_val_loss().unwrap().epoch, 1);
        assert_eq!(History::default().best_val_accuracy(), None);
    }

    #[test]
    fn json_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.json");
        history().write_json(&path).unwrap();
        assert_eq!(serde_json::from_slice::<History>(&fs::read(&path).unwrap()).unwrap(), history());
    }

    #[test]
    fn csv_has_one_line_an_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        history().write_csv(&path).unwrap();
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "epoch,lr,train_loss,train_cross_entropy,train_accuracy,val_loss,val_cross_entropy,val_accuracy"
        );
        assert_eq!(lines[1], "0,0.1,0.5,0.25,0.75,0.5,,0.5");
        assert_eq!(lines[4], "3,0.1,0.5,0.25,0.75,,,");
    }
}
