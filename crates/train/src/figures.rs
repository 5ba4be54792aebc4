use crate::EpochRecord;
use spec::kinds::Figure;

/// A figure of an epoch, if it is known.
pub(crate) fn figure(figure: Figure, record: &EpochRecord) -> Option<f64> {
    match figure {
        Figure::ValAccuracy => record.val_accuracy,
        Figure::ValLoss => record.val_loss,
        Figure::ValCrossEntropy => record.val_cross_entropy,
        Figure::TrainAccuracy => Some(record.train_accuracy),
        Figure::TrainLoss => Some(record.train_loss),
    }
}

/// The epoch, counted from 0, after which a figure was best: the first of several.
pub(crate) fn best_epoch(by: Figure, history: &[EpochRecord]) -> Option<usize> {
    let known = history.iter().enumerate().filter_map(|(epoch, record)| Some((epoch, figure(by, record)?)));
    let better =
        |best: (usize, f64), next: (usize, f64)| if is_better(by, next.1, best.1, 0.0) { next } else { best };
    known.reduce(better).map(|(epoch, _)| epoch)
}

/// Whether a value is better than another one by more than that.
pub(crate) fn is_better(by: Figure, value: f64, best: f64, by_more_than: f64) -> bool {
    let gain = if by.is_better_high() { value - best } else { best - value };
    gain > by_more_than
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_best_epoch_counts() {
        let record = |loss: f64| EpochRecord {
            train_loss: 1.0,
            val_loss: Some(loss),
            val_accuracy: Some(1.0 - loss / 10.0),
            ..EpochRecord::default()
        };
        let history = [3.0, 1.0, 1.0, 2.0].map(record);
        assert_eq!(best_epoch(Figure::ValLoss, &history), Some(1));
        assert_eq!(best_epoch(Figure::ValAccuracy, &history), Some(1));
        assert_eq!(best_epoch(Figure::TrainLoss, &history), Some(0));
        assert_eq!(best_epoch(Figure::ValCrossEntropy, &history), None);
    }
}
