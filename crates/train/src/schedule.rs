use crate::TrainError;
use spec::kinds::{DecayTrainParams, Phase, TrainParams};

/// Longer trainings are taken for a mistake.
const MAX_EPOCHS: u32 = 1_000_000;

/// The learning rate of every epoch, known before the first. Epochs count from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    rates: Vec<f64>,
    boundaries: Vec<u32>,
}

impl Schedule {
    /// The schedule of a `train` stage: constant within each phase; `lr` with `epochs` is one phase.
    ///
    /// # Errors
    /// If both forms are given or neither, and for values that make no sense.
    pub fn of_train(params: &TrainParams) -> Result<Self, TrainError> {
        match (params.lr, params.epochs, params.phases.as_slice()) {
            (Some(lr), Some(epochs), []) => Self::piecewise_constant(&[Phase { epochs, lr }]),
            (None, None, phases @ [_, ..]) => Self::piecewise_constant(phases),
            _ => {
                let reason = "give either `phases`, or `lr` with `epochs`".to_owned();
                Err(TrainError::Parameter { name: "phases", reason })
            }
        }
    }

    fn piecewise_constant(phases: &[Phase]) -> Result<Self, TrainError> {
        let mut schedule = Self { rates: Vec::new(), boundaries: Vec::new() };
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

    /// The schedule of a `decay-train` stage: lr·(1 − e/epochs)^power in epoch e.
    ///
    /// # Errors
    /// For values that make no sense.
    pub fn of_decay_train(params: &DecayTrainParams) -> Result<Self, TrainError> {
        check(params.epochs, params.lr)?;
        if !params.power.is_finite() || params.power < 0.0 {
            let reason = format!("must be a number of at least 0, not {}", params.power);
            return Err(TrainError::Parameter { name: "power", reason });
        }
        let remaining = |epoch: u32| 1.0 - f64::from(epoch) / f64::from(params.epochs);
        let rates = (0..params.epochs).map(|epoch| params.lr * remaining(epoch).powf(params.power)).collect();
        Ok(Self { rates, boundaries: Vec::new() })
    }

    /// How many epochs there are; at least one.
    pub fn epochs(&self) -> u32 {
        self.rates.len() as u32
    }

    /// The learning rate of each epoch.
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
        assert!(of_decay_train(r#", "lr": 0.1, "epochs": 1, "power": -1"#).is_err());
        assert!(of_decay_train(r#", "lr": 0.1, "epochs": 4000000000"#).is_err());
    }
}
