use super::LiveReporter;
use crate::output;
use proto::{FinishedStage, RunEvent, RunStatus};
use scheduler::runs;
use spec::Pipeline;
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};
use store::Store;

/// The run and the stage that a shown name stands for.
type Logs = Rc<RefCell<HashMap<String, (String, String)>>>;

/// Tells people of the runs of a sweep as if they were one: stages are named with what their experiment sets, as
/// in `train (lr=0.1)`.
pub struct SweepReporter {
    live: LiveReporter,
    pipeline: String,
    labels: Vec<String>,
    runs: Vec<String>,
    logs: Logs,
    /// Of all runs that have begun.
    stages: usize,
    fresh: usize,
    begun: usize,
    finished: Vec<RunStatus>,
    ends: BTreeMap<String, FinishedStage>,
}

impl SweepReporter {
    pub fn new(pipelines: &[&Pipeline], store: Store) -> Self {
        let logs = Logs::default();
        let known = Rc::clone(&logs);
        let log_path = move |_: &str, shown: &str| {
            let known = known.borrow();
            let found = known.get(shown).map(|(run, stage)| runs::log_path(&store, run, stage));
            output::near(&found.unwrap_or_default())
        };
        Self {
            live: LiveReporter::new(log_path),
            pipeline: pipelines.first().map(|pipeline| pipeline.name.clone()).unwrap_or_default(),
            labels: pipelines.iter().map(|pipeline| pipeline.variant.clone().unwrap_or_default()).collect(),
            runs: vec![String::new(); pipelines.len()],
            logs,
            stages: 0,
            fresh: 0,
            begun: 0,
            finished: Vec::new(),
            ends: BTreeMap::new(),
        }
    }

    /// Takes in an event of the experiment with this number.
    pub fn event(&mut self, number: usize, event: &RunEvent) {
        match event {
            RunEvent::RunStarted { run, stages, fresh, .. } => {
                self.runs[number].clone_from(run);
                self.stages += stages;
                self.fresh += fresh;
                self.begun += 1;
                if self.begun == self.runs.len() {
                    self.begin();
                }
            }
            RunEvent::RunFinished { status, stages, .. } => {
                let named = stages.iter().map(|(stage, end)| (self.shown(number, stage), end.clone()));
                let named: Vec<_> = named.collect();
                self.ends.extend(named);
                self.finished.push(*status);
                if self.finished.len() == self.runs.len() {
                    self.end();
                }
            }
            other => {
                let renamed = self.renamed(number, other);
                self.live.event(&renamed);
            }
        }
    }

    fn begin(&mut self) {
        let run = match self.runs.as_slice() {
            [first, .., last] => format!("{first} to {last}"),
            runs => runs.concat(),
        };
        let pipeline = format!("{}, {} experiments", self.pipeline, self.runs.len());
        self.live.event(&RunEvent::RunStarted { run, pipeline, stages: self.stages, fresh: self.fresh });
    }

    fn end(&mut self) {
        let status = worst_status(self.finished.iter().copied());
        let stages = std::mem::take(&mut self.ends);
        self.live.event(&RunEvent::RunFinished { status, run: String::new(), stages });
    }

    fn renamed(&self, number: usize, event: &RunEvent) -> RunEvent {
        let mut event = event.clone();
        match &mut event {
            RunEvent::StageStarted { stage, .. }
            | RunEvent::StageProgress { stage, .. }
            | RunEvent::StageRetried { stage, .. }
            | RunEvent::StageFinished { stage, .. } => {
                let shown = self.shown(number, stage);
                let place = (self.runs[number].clone(), std::mem::replace(stage, shown.clone()));
                self.logs.borrow_mut().insert(shown, place);
            }
            RunEvent::RunStarted { .. } | RunEvent::RunFinished { .. } | RunEvent::Warning { .. } => {}
        }
        event
    }

    fn shown(&self, number: usize, stage: &str) -> String {
        format!("{stage} ({})", self.labels[number])
    }
}

/// How runs ended that count as one.
pub fn worst_status(statuses: impl Iterator<Item = RunStatus>) -> RunStatus {
    let rank = |status: &RunStatus| match status {
        RunStatus::Succeeded => 0,
        RunStatus::Running => 1,
        RunStatus::Failed => 2,
        RunStatus::Interrupted => 3,
    };
    statuses.max_by_key(rank).unwrap_or(RunStatus::Succeeded)
}
