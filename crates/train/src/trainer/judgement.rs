use super::session::Session;
use crate::{Asked, TrainError, score};
use std::sync::atomic::AtomicBool;
use tch::Kind;

/// What the network is worth on the validation set.
pub(super) struct ValFigures {
    pub(super) loss: f64,
    pub(super) cross_entropy: f64,
    pub(super) accuracy: f64,
}

/// Validates the network that would be saved; without a validation set, sees only that it gives numbers. No step of the
/// epoch sees what its last update did, so a network that it ruined would pass for a trained one.
///
/// # Errors
/// [`TrainError::NoScores`] if scores or penalty are not finite numbers; [`TrainError::Interrupted`] once `stop` is set.
pub(super) fn judge(
    session: &Session,
    epoch: u32,
    stop: &AtomicBool,
) -> Result<Option<ValFigures>, TrainError> {
    let Some(val) = &session.val else {
        return gives_numbers(session, epoch).map(|()| None);
    };
    let asked = Asked { network: session.judged(), loader: val };
    let scores = score(&[asked], session.device, false, stop, |_| ())?;
    let cross_entropy = scores.cross_entropy();
    let loss = cross_entropy + session.penalty_of_judged()?;
    let figures = ValFigures { loss, cross_entropy, accuracy: scores.rank(1) };
    if loss.is_finite() { Ok(Some(figures)) } else { Err(TrainError::NoScores { image: 0 }) }
}

/// One batch is enough: an overflow comes from the weights, which all images share.
fn gives_numbers(session: &Session, epoch: u32) -> Result<(), TrainError> {
    let Some(batch) = session.train.epoch(epoch, 0).next() else { return Ok(()) };
    let images = batch?.to_device(session.device)?.images;
    let scores = session.judged().forward(&images, false)?;
    // A sum in 64 bits is finite if and only if each of these 32-bit numbers is.
    let sum = scores.f_sum(Kind::Double)?.f_double_value(&[])?;
    let is_finite = (sum + session.penalty_of_judged()?).is_finite();
    if is_finite { Ok(()) } else { Err(TrainError::NoScores { image: 0 }) }
}
