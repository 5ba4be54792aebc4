use crate::{style::Style, time};
use proto::{FinishedStage, RunStatus, StageResult};
use std::collections::BTreeMap;

/// Outcomes in the order of the summary.
const ORDER: [StageResult; 6] = [
    StageResult::Executed,
    StageResult::Restored,
    StageResult::Fresh,
    StageResult::Failed,
    StageResult::Skipped,
    StageResult::Interrupted,
];

/// `3 executed, 1 restored, 2 fresh in 41.3 s`, or `0 executed, 6 fresh, nothing to do`.
pub fn line(
    status: RunStatus,
    stages: &BTreeMap<String, FinishedStage>,
    elapsed: Option<f64>,
    style: Style,
) -> String {
    let count = |outcome| stages.values().filter(|stage| stage.outcome == outcome).count();
    let is_shown = |outcome: &StageResult| *outcome == StageResult::Executed || count(*outcome) > 0;
    let counted = ORDER.into_iter().filter(is_shown).map(|outcome| {
        let text = format!("{} {}", count(outcome), word(outcome));
        match outcome {
            StageResult::Failed | StageResult::Interrupted => style.bad(&text),
            _ => text,
        }
    });
    let counts = counted.collect::<Vec<_>>().join(", ");
    if count(StageResult::Fresh) == stages.len() && status == RunStatus::Succeeded {
        return format!("{counts}, nothing to do");
    }
    let stopped = if status == RunStatus::Interrupted { "interrupted: " } else { "" };
    let time = elapsed.map_or_else(String::new, |elapsed| format!(" in {}", time::seconds(elapsed)));
    format!("{stopped}{counts}{time}")
}

/// The outcome as a word, the same as in JSON.
pub fn word(outcome: StageResult) -> &'static str {
    match outcome {
        StageResult::Executed => "executed",
        StageResult::Restored => "restored",
        StageResult::Fresh => "fresh",
        StageResult::Failed => "failed",
        StageResult::Skipped => "skipped",
        StageResult::Interrupted => "interrupted",
    }
}
