use crate::curve::Curve;
use proto::{RunEvent, StageEvent, StageResult};
use std::collections::HashMap;

/// What the events of a run say of a stage.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// How it ended; `None` while it is at work.
    pub ended: Option<StageResult>,
    pub seconds: Option<f64>,
    pub message: Option<String>,
    /// What its worker said.
    told: Vec<StageEvent>,
}

impl Progress {
    /// Of all stages that the events mention.
    pub fn by_stage(events: impl Iterator<Item = RunEvent>) -> HashMap<String, Self> {
        let mut stages: HashMap<String, Self> = HashMap::new();
        for event in events {
            match event {
                RunEvent::StageStarted { stage, .. } => {
                    stages.insert(stage, Self::default());
                }
                RunEvent::StageProgress { stage, progress } => {
                    stages.entry(stage).or_default().told.push(progress);
                }
                RunEvent::StageFinished { stage, outcome, seconds, message, .. } => {
                    let known = stages.entry(stage).or_default();
                    (known.ended, known.seconds, known.message) = (Some(outcome), Some(seconds), message);
                }
                _ => {}
            }
        }
        stages
    }

    /// The epochs of a training so far; `None` if it told of none.
    pub fn curve(&self) -> Option<Curve> {
        let curve = Curve::from_events(self.told.iter());
        (curve.epochs > 0).then_some(curve)
    }

    /// Epochs that are done, and of how many.
    pub fn epochs(&self) -> Option<(u32, u32)> {
        self.told.iter().rev().find_map(|event| match *event {
            StageEvent::Epoch { epoch, epochs, .. } => Some((epoch + 1, epochs)),
            StageEvent::Resumed { epoch, epochs } => Some((epoch, epochs)),
            _ => None,
        })
    }
}
