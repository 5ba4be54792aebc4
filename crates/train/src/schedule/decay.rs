use crate::TrainError;
use spec::kinds::{DecaySchedule, DecayTrainParams};
use std::f64::consts::PI;

/// PyTorch's and Keras' usual drop.
const DEFAULT_FACTOR: f64 = 0.1;

/// The learning rate of an epoch, counted from 0.
pub(super) fn learning_rate(params: &DecayTrainParams, epoch: u32) -> f64 {
    let done = f64::from(epoch) / f64::from(params.epochs);
    let between = |share: f64| params.final_lr + (params.lr - params.final_lr) * share;
    match params.schedule {
        DecaySchedule::Polynomial => between((1.0 - done).powf(params.power)),
        DecaySchedule::Cosine => between(0.5 * (1.0 + (PI * done).cos())),
        DecaySchedule::Step => {
            let milestones = || params.milestones.iter().filter(|&&milestone| milestone <= epoch).count();
            let drops = params.every.map_or_else(milestones, |every| (epoch / every) as usize);
            params.lr * params.factor.unwrap_or(DEFAULT_FACTOR).powi(drops as i32)
        }
    }
}

/// Whether the learning rate drops by a step at the beginning of an epoch.
pub(super) fn drops_at(params: &DecayTrainParams, epoch: u32) -> bool {
    let is_multiple = |every: u32| epoch > 0 && epoch.is_multiple_of(every);
    params.schedule == DecaySchedule::Step
        && (params.every.is_some_and(is_multiple) || params.milestones.contains(&epoch))
}

pub(super) fn check(params: &DecayTrainParams) -> Result<(), TrainError> {
    let factor = params.factor.unwrap_or(DEFAULT_FACTOR);
    for (name, value) in [("power", params.power), ("final_lr", params.final_lr), ("factor", factor)] {
        if !value.is_finite() || value < 0.0 {
            let reason = format!("must be a number of at least 0, not {value}");
            return Err(TrainError::Parameter { name, reason });
        }
    }
    let has_rule = params.every.is_some_and(|every| every > 0) || !params.milestones.is_empty();
    if params.schedule == DecaySchedule::Step && !has_rule {
        let reason = "`step` needs `every` or `milestones`".to_owned();
        return Err(TrainError::Parameter { name: "schedule", reason });
    }
    Ok(())
}
