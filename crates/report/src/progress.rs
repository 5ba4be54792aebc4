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

#[cfg(test)]
mod tests {
    use super::*;
    use proto::RunStatus;

    fn epoch(epoch: u32) -> StageEvent {
        StageEvent::Epoch {
            epoch,
            epochs: 12,
            lr: 0.1,
            train_loss: 1.0,
            train_accuracy: 0.5,
            val_loss: None,
            val_accuracy: None,
            seconds: 1.0,
            images_per_second: 1.0,
        }
    }

    #[test]
    fn a_stage_is_at_work_from_its_start_to_its_end() {
        let started = |stage: &str| RunEvent::StageStarted { stage: stage.to_owned(), reasons: Vec::new() };
        let told = |progress| RunEvent::StageProgress { stage: "train".to_owned(), progress };
        let stages = Progress::by_stage(
            [
                started("means"),
                RunEvent::StageFinished {
                    stage: "means".to_owned(),
                    outcome: StageResult::Failed,
                    seconds: 2.0,
                    message: Some("no images".to_owned()),
                    hints: Vec::new(),
                },
                started("train"),
                told(StageEvent::Resumed { epoch: 4, epochs: 12 }),
                told(epoch(4)),
                told(StageEvent::Checkpoint { epoch: 5 }),
                RunEvent::RunFinished {
                    status: RunStatus::Failed,
                    run: "1".to_owned(),
                    stages: Default::default(),
                },
            ]
            .into_iter(),
        );
        let (means, train) = (&stages["means"], &stages["train"]);
        assert_eq!((means.ended, means.seconds), (Some(StageResult::Failed), Some(2.0)));
        assert_eq!((train.ended, train.epochs()), (None, Some((5, 12))));
        assert_eq!(train.curve().unwrap().epoch, [4]);
        assert_eq!(means.curve(), None);
    }

    #[test]
    fn a_stage_that_is_tried_again_begins_anew() {
        let started = || RunEvent::StageStarted { stage: "train".to_owned(), reasons: Vec::new() };
        let told = RunEvent::StageProgress { stage: "train".to_owned(), progress: epoch(3) };
        let stages = Progress::by_stage([started(), told, started()].into_iter());
        assert_eq!(stages["train"].epochs(), None);
    }
}
