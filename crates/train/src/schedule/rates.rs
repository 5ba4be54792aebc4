use super::{decay, warmup};
use crate::TrainError;
use spec::kinds::{DecayTrainParams, Phase, TrainParams};

/// Longer trainings are taken for a mistake.
const MAX_EPOCHS: u32 = 1_000_000;

/// The learning rate of every step, known before the first: that of its epoch, less in a warm-up. Epochs and steps
/// count from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    rates: Vec<f64>,
    boundaries: Vec<u32>,
    warmup_epochs: f64,
}

impl Schedule {
    /// The schedule of a `train` stage: constant within each phase; `lr` with `epochs` is one phase.
    ///
    /// # Errors
    /// If both forms are given or neither, and for values that make no sense.
    pub fn of_train(params: &TrainParams) -> Result<Self, TrainError> {
        let schedule = match (params.lr, params.epochs, params.phases.as_slice()) {
            (Some(lr), Some(epochs), []) => Self::piecewise_constant(&[Phase { epochs, lr }])?,
            (None, None, phases @ [_, ..]) => Self::piecewise_constant(phases)?,
            _ => {
                let reason = "give either `phases`, or `lr` with `epochs`".to_owned();
                return Err(TrainError::Parameter { name: "phases", reason });
            }
        };
        schedule.with_warmup(params.training.warmup_epochs)
    }

    fn piecewise_constant(phases: &[Phase]) -> Result<Self, TrainError> {
        let mut schedule = Self { rates: Vec::new(), boundaries: Vec::new(), warmup_epochs: 0.0 };
        for phase in phases {
            if !schedule.rates.is_empty() {
                schedule.boundaries.push(schedule.epochs());
            }
            check(phase.epochs, phase.lr)?;
            schedule.rates.extend(std::iter::repeat_n(phase.lr, phase.epochs as usize));
        }
        check(schedule.epochs(), 0.0)?;
        Ok(schedule)
    }

    /// The schedule of a `decay-train` stage, as its `schedule` says.
    ///
    /// # Errors
    /// For values that make no sense.
    pub fn of_decay_train(params: &DecayTrainParams) -> Result<Self, TrainError> {
        check(params.epochs, params.lr)?;
        decay::check(params)?;
        let rates = (0..params.epochs).map(|epoch| decay::learning_rate(params, epoch)).collect();
        let boundaries = (1..params.epochs).filter(|&epoch| decay::drops_at(params, epoch)).collect();
        Self { rates, boundaries, warmup_epochs: 0.0 }.with_warmup(params.training.warmup_epochs)
    }

    fn with_warmup(self, warmup_epochs: f64) -> Result<Self, TrainError> {
        if !warmup_epochs.is_finite() || warmup_epochs < 0.0 {
            let reason = format!("must be a number of at least 0, not {warmup_epochs}");
            return Err(TrainError::Parameter { name: "warmup_epochs", reason });
        }
        Ok(Self { warmup_epochs, ..self })
    }

    /// How many epochs there are; at least one.
    pub fn epochs(&self) -> u32 {
        self.rates.len() as u32
    }

    /// The learning rate of a step; an epoch has `steps` of them.
    pub fn learning_rate(&self, epoch: u32, step: usize, steps: usize) -> f64 {
        self.rates[epoch as usize] * warmup::share(self.warmup_epochs, epoch, step, steps)
    }

    /// The length of the warm-up in epochs.
    pub fn warmup_epochs(&self) -> f64 {
        self.warmup_epochs
    }

    /// The learning rate of each epoch, as it is without a warm-up.
    pub fn learning_rates(&self) -> &[f64] {
        &self.rates
    }

    /// The epochs with which a new phase begins; not the first.
    pub fn boundaries(&self) -> &[u32] {
        &self.boundaries
    }
}

fn check(epochs: u32, lr: f64) -> Result<(), TrainError> {
    if !(1..=MAX_EPOCHS).contains(&epochs) {
        let reason = format!("must be between 1 and {MAX_EPOCHS}, not {epochs}");
        return Err(TrainError::Parameter { name: "epochs", reason });
    }
    if !lr.is_finite() || lr < 0.0 {
        let reason = format!("must be a number of at least 0, not {lr}");
        return Err(TrainError::Parameter { name: "lr", reason });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_train(fields: &str) -> Result<Schedule, TrainError> {
        let json = format!(r#"{{"model": {{"stages": [1], "filters": [4, 4]}} {fields}}}"#);
        Schedule::of_train(&serde_json::from_str(&json).unwrap())
    }

    fn of_decay_train(fields: &str) -> Result<Schedule, TrainError> {
        let json = format!(r#"{{"model": {{"stages": [1], "filters": [4, 4]}} {fields}}}"#);
        Schedule::of_decay_train(&serde_json::from_str(&json).unwrap())
    }

    #[test]
    fn a_phase_keeps_its_learning_rate() {
        let phases = r#", "phases": [{"epochs": 2, "lr": 0.1}, {"epochs": 1, "lr": 0.01}, {"epochs": 2, "lr": 0.001}]"#;
        let schedule = of_train(phases).unwrap();
        assert_eq!(schedule.learning_rates(), [0.1, 0.1, 0.01, 0.001, 0.001]);
        assert_eq!(schedule.boundaries(), [2, 3]);
    }

    #[test]
    fn one_learning_rate_is_one_phase() {
        let schedule = of_train(r#", "lr": 0.1, "epochs": 3"#).unwrap();
        assert_eq!(schedule, of_train(r#", "phases": [{"epochs": 3, "lr": 0.1}]"#).unwrap());
        assert!(schedule.boundaries().is_empty());
    }

    #[test]
    fn decay_follows_its_formula() {
        let rates = |fields| of_decay_train(fields).unwrap().learning_rates().to_vec();
        assert_eq!(rates(r#", "lr": 0.1, "epochs": 4"#), [0.1, 0.1 * 0.75, 0.05, 0.025]);
        assert_eq!(rates(r#", "lr": 1.0, "epochs": 2, "power": 2"#), [1.0, 0.25]);
        assert_eq!(rates(r#", "lr": 1.0, "epochs": 2, "power": 0"#), [1.0, 1.0]);
    }

    #[test]
    fn a_cosine_falls_from_the_first_rate_to_the_last() {
        let schedule =
            of_decay_train(r#", "lr": 0.5, "epochs": 4, "schedule": "cosine", "final_lr": 0.1"#).unwrap();
        let expected = [0.5, 0.3 + 0.2 * 0.5_f64.sqrt(), 0.3, 0.3 - 0.2 * 0.5_f64.sqrt()];
        for (found, expected) in schedule.learning_rates().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found}, wanted {expected}");
        }
        assert!(schedule.boundaries().is_empty());
    }

    #[test]
    fn steps_are_phases() {
        for rule in [r#""every": 2"#, r#""milestones": [2, 4, 9]"#] {
            let fields = format!(r#", "lr": 1.0, "epochs": 5, "schedule": "step", "factor": 0.5, {rule}"#);
            let schedule = of_decay_train(&fields).unwrap();
            assert_eq!(schedule.learning_rates(), [1.0, 1.0, 0.5, 0.5, 0.25], "{rule}");
            assert_eq!(schedule.boundaries(), [2, 4], "{rule}");
        }
    }

    #[test]
    fn a_warm_up_rises_step_by_step_and_leaves_the_rest_alone() {
        let schedule = of_train(r#", "lr": 0.6, "epochs": 3, "warmup_epochs": 1.5"#).unwrap();
        let rates: Vec<f64> = (0..3)
            .flat_map(|epoch| (0..4).map(move |step| (epoch, step)))
            .map(|(epoch, step)| schedule.learning_rate(epoch, step, 4))
            .collect();
        for (step, rate) in rates.iter().enumerate() {
            let expected = 0.6 * ((step + 1) as f64 / 6.0).min(1.0);
            assert!((rate - expected).abs() < 1e-15, "step {step}: {rate}, wanted {expected}");
        }
        assert_eq!(rates[6..], [0.6; 6]);
    }

    #[test]
    fn senseless_values_are_refused() {
        for fields in [
            "",
            r#", "lr": 0.1"#,
            r#", "lr": 0.1, "epochs": 0"#,
            r#", "lr": -0.1, "epochs": 1"#,
            r#", "lr": 0.1, "epochs": 1, "phases": [{"epochs": 1, "lr": 0.5}]"#,
            r#", "phases": [{"epochs": 1, "lr": 0.5}, {"epochs": 0, "lr": 0.5}]"#,
            r#", "phases": [{"epochs": 600000, "lr": 0.5}, {"epochs": 600000, "lr": 0.5}]"#,
        ] {
            assert!(of_train(fields).is_err(), "{fields}");
        }
        for fields in [
            r#""power": -1"#,
            r#""final_lr": -1"#,
            r#""schedule": "step""#,
            r#""schedule": "step", "every": 0"#,
            r#""schedule": "step", "every": 1, "factor": -1"#,
            r#""warmup_epochs": -1"#,
        ] {
            let fields = format!(r#", "lr": 0.1, "epochs": 1, {fields}"#);
            assert!(of_decay_train(&fields).is_err(), "{fields}");
        }
        assert!(of_decay_train(r#", "lr": 0.1, "epochs": 4000000000"#).is_err());
    }
}
