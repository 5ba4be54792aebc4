use proto::StageEvent;
use serde::{Deserialize, Serialize};

/// The figures of a training, one list a figure, so that names are not repeated for every epoch.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Curve {
    /// Epochs, from 0; not all of them if there are very many.
    pub epoch: Vec<u32>,
    pub lr: Vec<Option<f64>>,
    pub train_loss: Vec<Option<f64>>,
    pub train_accuracy: Vec<Option<f64>>,
    pub val_loss: Vec<Option<f64>>,
    pub val_accuracy: Vec<Option<f64>>,
    /// The epochs with which a new phase begins; not the first.
    pub phase_starts: Vec<u32>,
    /// Epochs that there are, drawn or not.
    pub epochs: usize,
}

/// As the `history` output of a training has it. A loss that is not a number is null there.
#[derive(Deserialize)]
struct History {
    epochs: Vec<Epoch>,
    #[serde(default)]
    phase_starts: Vec<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Epoch {
    epoch: u32,
    lr: Option<f64>,
    train_loss: Option<f64>,
    train_accuracy: Option<f64>,
    val_loss: Option<f64>,
    val_accuracy: Option<f64>,
}

/// More points than that show nothing on a screen and cost a page of many runs megabytes.
const MOST_POINTS: usize = 400;

impl Curve {
    pub fn from_history(json: &[u8]) -> Result<Self, String> {
        let history: History = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        Ok(Self::new(&history.epochs, history.phase_starts))
    }

    /// The epochs that a training has told of so far; of one that was repeated, the last.
    pub fn from_events<'a>(events: impl Iterator<Item = &'a StageEvent>) -> Self {
        let mut epochs: Vec<Epoch> = Vec::new();
        for event in events {
            if let &StageEvent::Epoch {
                epoch, lr, train_loss, train_accuracy, val_loss, val_accuracy, ..
            } = event
            {
                epochs.retain(|known| known.epoch < epoch);
                epochs.push(Epoch {
                    epoch,
                    lr: Some(lr),
                    train_loss: Some(train_loss),
                    train_accuracy: Some(train_accuracy),
                    val_loss,
                    val_accuracy,
                });
            }
        }
        Self::new(&epochs, Vec::new())
    }

    fn new(all: &[Epoch], phase_starts: Vec<u32>) -> Self {
        let shown: Vec<Epoch> = shown(all).into_iter().map(|at| all[at]).collect();
        let figures =
            |figure: fn(&Epoch) -> Option<f64>| shown.iter().map(|e| figure(e).map(rounded)).collect();
        Self {
            epoch: shown.iter().map(|epoch| epoch.epoch).collect(),
            lr: figures(|epoch| epoch.lr),
            train_loss: figures(|epoch| epoch.train_loss),
            train_accuracy: figures(|epoch| epoch.train_accuracy),
            val_loss: figures(|epoch| epoch.val_loss),
            val_accuracy: figures(|epoch| epoch.val_accuracy),
            phase_starts,
            epochs: all.len(),
        }
    }
}

/// All epochs, or if there are too many, evenly spread ones with the last and the best among them.
fn shown(all: &[Epoch]) -> Vec<usize> {
    if all.len() <= MOST_POINTS {
        return (0..all.len()).collect();
    }
    let last = all.len() - 1;
    let mut shown: Vec<usize> = (0..MOST_POINTS).map(|point| point * last / (MOST_POINTS - 1)).collect();
    let highest = |figure: fn(&Epoch) -> Option<f64>| {
        let known = all.iter().enumerate().filter_map(|(at, epoch)| Some((figure(epoch)?, at)));
        known.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, at)| at)
    };
    shown.extend(highest(|epoch| epoch.val_accuracy));
    shown.extend(highest(|epoch| epoch.val_loss.map(|loss| -loss)));
    shown.sort_unstable();
    shown.dedup();
    shown
}

/// To six significant digits, more than a chart or its hover values show.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(epochs: usize) -> String {
        let epoch = |at: usize| {
            format!(
                r#"{{"epoch":{at},"lr":0.1,"train_loss":0.123456789,"train_cross_entropy":0.1,"train_accuracy":0.5,"val_loss":{},"val_accuracy":{}}}"#,
                if at == 777 { 0.01 } else { 1.0 },
                if at == 333 { 0.99 } else { 0.5 }
            )
        };
        let epochs: Vec<String> = (0..epochs).map(epoch).collect();
        format!(r#"{{"epochs":[{}],"phase_starts":[1]}}"#, epochs.join(","))
    }

    #[test]
    fn figures_keep_six_digits() {
        let curve = Curve::from_history(history(2).as_bytes()).unwrap();
        assert_eq!(curve.epoch, [0, 1]);
        assert_eq!(curve.train_loss, [Some(0.123457), Some(0.123457)]);
        assert_eq!((curve.phase_starts.as_slice(), curve.epochs), (&[1][..], 2));
    }

    #[test]
    fn very_many_epochs_are_thinned_and_the_best_stay() {
        let curve = Curve::from_history(history(5_000).as_bytes()).unwrap();
        assert!(curve.epoch.len() <= MOST_POINTS + 2, "{}", curve.epoch.len());
        assert_eq!((curve.epoch[0], curve.epoch.last(), curve.epochs), (0, Some(&4_999), 5_000));
        assert!(curve.epoch.contains(&333) && curve.epoch.contains(&777));
        assert!(curve.epoch.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_loss_that_is_not_a_number_is_a_gap() {
        let text = r#"{"epochs":[{"epoch":0,"lr":9,"train_loss":null,"train_accuracy":0.1,"val_loss":null,"val_accuracy":null}]}"#;
        assert_eq!(Curve::from_history(text.as_bytes()).unwrap().train_loss, [None]);
        assert!(Curve::from_history(b"{}").is_err());
    }

    #[test]
    fn of_a_repeated_epoch_the_last_counts() {
        let epoch = |epoch, train_loss| StageEvent::Epoch {
            epoch,
            epochs: 3,
            lr: 0.1,
            train_loss,
            train_accuracy: 0.5,
            val_loss: None,
            val_accuracy: None,
            seconds: 1.0,
            images_per_second: 1.0,
        };
        let told = [epoch(0, 3.0), epoch(1, 2.0), StageEvent::Checkpoint { epoch: 1 }, epoch(1, 1.5)];
        let curve = Curve::from_events(told.iter());
        assert_eq!(curve.epoch, [0, 1]);
        assert_eq!(curve.train_loss, [Some(3.0), Some(1.5)]);
    }
}
