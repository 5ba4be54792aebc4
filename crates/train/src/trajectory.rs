use serde_json::{Value, json};
use spec::{Kind, kinds::TrainingParams};
use std::collections::BTreeMap;

/// All that fixes the state before the first epoch, and everything but the learning rates that fixes what
/// comes after. Two trainings with the same start and the same first learning rates are the same training
/// so far, whichever kind of stage they belong to and however long they go on.
///
/// Not part of it: learning rates and warm-up, the number of epochs, early stopping, `tensorboard`,
/// `checkpoint_every`, device and threads. The
/// validation set is part of it, though it does not touch the weights: a checkpoint holds the history with
/// its validation figures, which must not come from another set.
#[derive(Debug, Clone)]
pub struct Start {
    /// Digest of each input's content by name: `train`, `val`, `means`, `init`.
    pub inputs: BTreeMap<String, String>,
    /// The parameters that both kinds of training take.
    pub training: TrainingParams,
}

impl Start {
    fn digest(&self) -> blake3::Hash {
        let mut training = what_counts(&self.training);
        if let Some(fields) = training.as_object_mut() {
            // It counts in the epochs that it reaches into; see `Trajectory::new`.
            fields.remove("warmup_epochs");
        }
        let mut start = json!({
            "kind_versions": [Kind::Train.version(), Kind::DecayTrain.version()],
            "inputs": self.inputs,
            "training": training,
        });
        start.sort_all_objects();
        blake3::hash(start.to_string().as_bytes())
    }
}

/// The parameters that change the numbers of an epoch, as JSON.
pub(crate) fn what_counts(training: &TrainingParams) -> Value {
    let mut counting = json!(training);
    if let Some(fields) = counting.as_object_mut() {
        fields.retain(|name, _| !CHANGE_NO_EPOCH.contains(&name.as_str()));
    }
    counting
}

/// When a training ends early follows from its history, which every checkpoint holds.
const CHANGE_NO_EPOCH: [&str; 3] = ["checkpoint_every", "early_stopping", "tensorboard"];

/// What a training goes through: one digest before each epoch, and one at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trajectory {
    points: Vec<blake3::Hash>,
}

impl Trajectory {
    /// T₀ = digest(start), Tₑ₊₁ = digest(Tₑ, learning rate of epoch e, length of a warm-up that reaches into it).
    pub fn new(start: &Start, learning_rates: &[f64]) -> Self {
        let mut points = vec![start.digest()];
        for (epoch, lr) in learning_rates.iter().enumerate() {
            let mut hasher = blake3::Hasher::new();
            hasher.update(points[points.len() - 1].as_bytes());
            hasher.update(&lr.to_bits().to_le_bytes());
            let warmup_epochs = start.training.warmup_epochs;
            if (epoch as f64) < warmup_epochs {
                hasher.update(&warmup_epochs.to_bits().to_le_bytes());
            }
            points.push(hasher.finalize());
        }
        Self { points }
    }

    /// Tₑ in hexadecimal: the name of the state after `epochs` epochs of this training.
    pub fn after(&self, epochs: u32) -> String {
        self.points[epochs as usize].to_hex().to_string()
    }

    /// How many epochs the training has.
    pub fn epochs(&self) -> u32 {
        self.points.len() as u32 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::kinds::{EarlyStopping, Figure};

    fn start() -> Start {
        let training = r#"{"model": {"stages": [1], "filters": [4, 4]}}"#;
        Start {
            inputs: BTreeMap::from([
                ("train".to_owned(), "aa".to_owned()),
                ("val".to_owned(), "bb".to_owned()),
            ]),
            training: serde_json::from_str(training).unwrap(),
        }
    }

    /// How many epochs two trainings share; `None` if not even the start.
    fn shared(left: &Trajectory, right: &Trajectory) -> Option<u32> {
        (0..=left.epochs().min(right.epochs())).rev().find(|&epoch| left.after(epoch) == right.after(epoch))
    }

    #[test]
    fn trainings_share_what_their_learning_rates_share() {
        let long = Trajectory::new(&start(), &[0.1, 0.1, 0.01]);
        assert_eq!(shared(&long, &Trajectory::new(&start(), &[0.1, 0.1, 0.01, 0.01])), Some(3));
        assert_eq!(shared(&long, &Trajectory::new(&start(), &[0.1, 0.1, 0.001])), Some(2));
        assert_eq!(shared(&long, &Trajectory::new(&start(), &[0.2, 0.1, 0.01])), Some(0));
    }

    #[test]
    fn the_same_rate_in_another_epoch_is_another_state() {
        let trajectory = Trajectory::new(&start(), &[0.1, 0.1]);
        assert_ne!(trajectory.after(1), trajectory.after(2));
    }

    #[test]
    fn everything_that_changes_the_numbers_changes_the_start() {
        let original = Trajectory::new(&start(), &[]);
        let edits: [fn(&mut Start); 16] = [
            |start| start.training.seed += 1,
            |start| start.training.batch_size += 1,
            |start| start.training.momentum = 0.8,
            |start| start.training.nesterov = true,
            |start| start.training.shuffle = false,
            |start| start.training.label_smoothing = 0.1,
            |start| start.training.weight_decay = 0.1,
            |start| start.training.decay_norms = true,
            |start| start.training.clip_norm = 1.0,
            |start| start.training.accumulate = 2,
            |start| start.training.ema_decay = 0.9,
            |start| start.training.keep_best = Some(Figure::ValLoss),
            |start| start.training.model.l2 = 1e-3,
            |start| start.training.augment.shift = 0.1,
            |start| start.inputs.values_mut().for_each(|digest| digest.push('c')),
            |start| start.inputs.extend([("init".to_owned(), "dd".to_owned())]),
        ];
        for (index, edit) in edits.iter().enumerate() {
            let mut edited = start();
            edit(&mut edited);
            assert_eq!(shared(&original, &Trajectory::new(&edited, &[])), None, "edit {index}");
        }
    }

    #[test]
    fn what_is_kept_written_or_left_out_changes_no_epoch() {
        let edits: [fn(&mut Start); 3] = [
            |start| start.training.checkpoint_every = 1,
            |start| start.training.tensorboard = true,
            |start| {
                let rule = EarlyStopping { patience: 1, metric: Figure::ValLoss, min_delta: 0.0 };
                start.training.early_stopping = Some(rule);
            },
        ];
        for edit in edits {
            let mut edited = start();
            edit(&mut edited);
            assert_eq!(Trajectory::new(&start(), &[0.1]), Trajectory::new(&edited, &[0.1]));
        }
    }

    #[test]
    fn a_warm_up_counts_in_the_epochs_that_it_reaches_into() {
        let warm = |warmup_epochs| {
            let mut edited = start();
            edited.training.warmup_epochs = warmup_epochs;
            Trajectory::new(&edited, &[0.1; 4])
        };
        assert_eq!(shared(&warm(0.0), &warm(1.5)), Some(0));
        assert_eq!(shared(&warm(1.5), &warm(2.5)), Some(0));
        assert_eq!(warm(1.5), warm(1.5));
    }

    /// A change here abandons every checkpoint that users have: raise a kind's version instead, with a reason.
    #[test]
    fn the_digests_are_pinned() {
        let trajectory = Trajectory::new(&start(), &[0.1]);
        let short = |epochs| trajectory.after(epochs)[..16].to_owned();
        assert_eq!((short(0).as_str(), short(1).as_str()), ("28e5f09923b57a82", "c23a52063109edfc"));
    }
}
