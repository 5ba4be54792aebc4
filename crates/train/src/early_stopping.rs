use crate::{
    EpochRecord,
    figures::{figure, is_better},
};
use spec::kinds::EarlyStopping;

/// The number of epochs after which a training with this history ends early, if it does.
///
/// A function of the history alone, so that nothing but the history need be kept.
pub(crate) fn ends_after(rule: &EarlyStopping, history: &[EpochRecord]) -> Option<usize> {
    let (mut best, mut waited) = (None, 0);
    for (epoch, record) in history.iter().enumerate() {
        let value = figure(rule.metric, record);
        match (value, best) {
            (Some(value), Some(best)) if !is_better(rule.metric, value, best, rule.min_delta) => waited += 1,
            (None, _) => waited += 1,
            (Some(_), _) => (best, waited) = (value, 0),
        }
        if waited >= rule.patience {
            return Some(epoch + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::kinds::Figure;

    fn history(losses: &[f64]) -> Vec<EpochRecord> {
        let record = |&loss: &f64| EpochRecord {
            val_loss: Some(loss),
            val_accuracy: Some(1.0 - loss / 10.0),
            ..EpochRecord::default()
        };
        losses.iter().map(record).collect()
    }

    fn rule(metric: Figure, patience: u32, min_delta: f64) -> EarlyStopping {
        EarlyStopping { patience, metric, min_delta }
    }

    #[test]
    fn it_ends_once_patience_is_spent_and_not_before() {
        let losses = [3.0, 2.0, 2.0, 2.5, 1.0, 1.5, 1.0, 0.5];
        for metric in [Figure::ValLoss, Figure::ValAccuracy] {
            assert_eq!(ends_after(&rule(metric, 2, 0.0), &history(&losses)), Some(4), "{metric:?}");
            assert_eq!(ends_after(&rule(metric, 2, 0.0), &history(&losses[..3])), None, "{metric:?}");
            assert_eq!(ends_after(&rule(metric, 3, 0.0), &history(&losses)), None, "{metric:?}");
        }
    }

    #[test]
    fn a_gain_that_is_too_small_does_not_count() {
        let losses = [3.0, 2.9, 2.8, 2.0];
        assert_eq!(ends_after(&rule(Figure::ValLoss, 2, 0.15), &history(&losses)), None);
        assert_eq!(ends_after(&rule(Figure::ValLoss, 2, 0.25), &history(&losses)), Some(3));
    }

    #[test]
    fn a_figure_that_is_not_a_number_is_no_gain() {
        assert_eq!(ends_after(&rule(Figure::ValLoss, 2, 0.0), &history(&[1.0, f64::NAN, f64::NAN])), Some(3));
    }
}
