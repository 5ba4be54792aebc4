use super::{Fault, Parameters, TrainingParams, is_zero};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the learning rate of a `decay-train` stage falls from epoch to epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecaySchedule {
    /// (1 − e/epochs)^power, the study's.
    #[default]
    Polynomial,
    /// Half a period of a cosine (Loshchilov and Hutter, arXiv:1608.03983).
    Cosine,
    /// Times `factor` after `every` epochs, or at the epochs of `milestones`.
    Step,
}

/// Parameters of a `decay-train` stage: the learning rate of epoch e falls from `lr` as `schedule` says.
/// Its inputs are those of `train`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecayTrainParams {
    /// The learning rate of the first epoch.
    #[schemars(range(min = 0.0))]
    pub lr: f64,
    /// How many epochs.
    #[schemars(range(min = 1))]
    pub epochs: u32,
    /// How the learning rate falls.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub schedule: DecaySchedule,
    /// With `polynomial`: the exponent; 1 is a linear decay.
    #[serde(default = "default_power")]
    #[schemars(range(min = 0.0))]
    pub power: f64,
    /// With `polynomial` and `cosine`: what the learning rate would reach after the last epoch.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub final_lr: f64,
    /// With `step`: epochs from one drop to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u32>,
    /// With `step`: the epochs, counted from 0 and rising, that begin with a drop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(range(min = 1)))]
    pub milestones: Vec<u32>,
    /// With `step`: what the learning rate is multiplied by; 0.1 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub factor: Option<f64>,
    /// What both trainings take.
    #[serde(flatten)]
    pub training: TrainingParams,
}

fn default_power() -> f64 {
    1.0
}

impl DecayTrainParams {
    /// The fields beside `schedule` that are given and belong to another one, or are lacking.
    fn schedule_faults(&self) -> Vec<Fault> {
        const WAYS: &str = "give `every = 30`, or `milestones = [30, 60]`";
        let is_step = self.schedule == DecaySchedule::Step;
        let is_polynomial = self.schedule == DecaySchedule::Polynomial;
        let foreign = [
            ("power", self.power != default_power() && !is_polynomial, "\"polynomial\""),
            ("final_lr", self.final_lr != 0.0 && is_step, "\"polynomial\" or \"cosine\""),
            ("every", self.every.is_some() && !is_step, "\"step\""),
            ("milestones", !self.milestones.is_empty() && !is_step, "\"step\""),
            ("factor", self.factor.is_some() && !is_step, "\"step\""),
        ];
        let message = |name, schedules| format!("`{name}` belongs to `schedule = {schedules}`");
        let mut faults: Vec<_> = foreign
            .into_iter()
            .filter(|(_, is_foreign, _)| *is_foreign)
            .map(|(name, _, schedules)| Fault::new(&[name], message(name, schedules)))
            .collect();
        if is_step && self.every.is_some() != self.milestones.is_empty() {
            faults.push(
                Fault::new(&["schedule"], "a schedule of steps needs one rule for them").with_hint(WAYS),
            );
        }
        if !self.milestones.is_sorted_by(|left, right| left < right) {
            faults.push(Fault::new(&["milestones"], "`milestones` must rise"));
        }
        faults
    }
}

impl Parameters for DecayTrainParams {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = self.training.faults();
        faults.extend(self.schedule_faults());
        faults
    }

    fn hints(&self) -> &'static [&'static str] {
        &["checkpoint_every"]
    }
}
