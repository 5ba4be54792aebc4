use super::{epoch, summary, tail};
use crate::{describe, style::Style, time};
use proto::{Reason, RunEvent, RunStatus, StageEvent, StageResult};
use std::{collections::BTreeMap, path::PathBuf};

/// How much of a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// How each stage ended.
    Outcomes,
    /// Also when each began, and every epoch.
    Everything,
}

/// Where the log lies, given a run and a stage.
type LogPath = dyn Fn(&str, &str) -> PathBuf;

/// Tells a run line by line.
pub struct Narrator {
    detail: Detail,
    style: Style,
    log_path: Box<LogPath>,
    run: String,
    reasons: BTreeMap<String, Vec<Reason>>,
    failures: Vec<StageFailure>,
}

struct StageFailure {
    stage: String,
    message: String,
    hints: Vec<String>,
}

/// Lines of the log shown below a failure.
const LOG_LINES: usize = 10;

impl Narrator {
    pub fn new(detail: Detail, style: Style, log_path: impl Fn(&str, &str) -> PathBuf + 'static) -> Self {
        Self {
            detail,
            style,
            log_path: Box::new(log_path),
            run: String::new(),
            reasons: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    /// What to say about an event. `elapsed` is how long the run has taken, in seconds, where that is known.
    pub fn tell(&mut self, event: &RunEvent, elapsed: Option<f64>) -> Vec<String> {
        match event {
            RunEvent::RunStarted { run, pipeline, stages, fresh } => {
                self.run.clone_from(run);
                let is_work = fresh < stages;
                let counted = if *stages == 1 { "1 stage".to_owned() } else { format!("{stages} stages") };
                is_work.then(|| format!("{pipeline}: {counted}, {fresh} fresh, run {run}"))
            }
            .into_iter()
            .collect(),
            RunEvent::StageStarted { stage, reasons } => self.started(stage, reasons),
            RunEvent::StageProgress { stage, progress } => self.progress(stage, progress),
            RunEvent::StageRetried { stage, attempt, error } => {
                let text = format!("{stage} after attempt {attempt}: {error}");
                vec![self.line("retried", Style::notice, &text)]
            }
            RunEvent::StageFinished { stage, outcome, seconds, message, hints } => {
                self.finished(stage, *outcome, *seconds, message.as_deref(), hints)
            }
            RunEvent::Warning { message } => vec![self.line("warning", Style::notice, message)],
            RunEvent::RunFinished { status, stages, .. } => {
                let mut lines = self.failures();
                lines.push(summary::line(*status, stages, elapsed, self.style));
                if *status == RunStatus::Interrupted {
                    let hint =
                        "the same command goes on from here; trainings continue at their last checkpoint";
                    lines.push(format!("{} {hint}", self.style.notice("hint:")));
                }
                lines
            }
        }
    }

    fn started(&mut self, stage: &str, reasons: &[Reason]) -> Vec<String> {
        self.reasons.insert(stage.to_owned(), reasons.to_vec());
        if self.detail == Detail::Outcomes {
            return Vec::new();
        }
        let why = describe::in_short(reasons).map_or_else(String::new, |why| format!(": {why}"));
        vec![self.line("started", Style::quiet, &format!("{stage}{why}"))]
    }

    fn progress(&self, stage: &str, progress: &StageEvent) -> Vec<String> {
        let matters = matches!(progress, StageEvent::Resumed { .. } | StageEvent::Warning { .. });
        if self.detail == Detail::Outcomes && !matters {
            return Vec::new();
        }
        let told =
            epoch::describe(progress).map(|text| self.line("", Style::quiet, &format!("{stage} {text}")));
        told.into_iter().collect()
    }

    fn finished(
        &mut self,
        stage: &str,
        outcome: StageResult,
        seconds: f64,
        message: Option<&str>,
        hints: &[String],
    ) -> Vec<String> {
        let reasons = self.reasons.remove(stage).unwrap_or_default();
        let took = format!("{stage} in {}", time::seconds(seconds));
        let because = |why: Option<String>| why.map_or_else(String::new, |why| format!(": {why}"));
        let message = message.map(str::to_owned);
        let (text, paint): (String, fn(Style, &str) -> String) = match outcome {
            StageResult::Fresh => return Vec::new(),
            StageResult::Executed => {
                let why = if self.detail == Detail::Outcomes { describe::in_short(&reasons) } else { None };
                (took + &because(message.or(why)), Style::good)
            }
            StageResult::Restored => (took + &because(message), Style::good),
            StageResult::Skipped => (format!("{stage}{}", because(message)), Style::notice),
            StageResult::Interrupted => (took + &because(message), Style::notice),
            StageResult::Failed => {
                let message = message.unwrap_or_else(|| "it did not say why".to_owned());
                let first = message.lines().next().unwrap_or_default().to_owned();
                self.failures.push(StageFailure { stage: stage.to_owned(), message, hints: hints.to_vec() });
                (took + &because(Some(first)), Style::bad)
            }
        };
        vec![self.line(summary::word(outcome), paint, &text)]
    }

    /// All that is known of what failed, at the end, where it is seen.
    fn failures(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for failure in std::mem::take(&mut self.failures) {
            let StageFailure { stage, message, hints } = failure;
            lines.push(String::new());
            lines.push(format!("{} stage `{stage}` failed: {message}", self.style.bad("error:")));
            lines.extend(self.end_of_log(&stage));
            lines.extend(hints.iter().map(|hint| format!("{} {hint}", self.style.notice("hint:"))));
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines
    }

    fn end_of_log(&self, stage: &str) -> Vec<String> {
        let log = (self.log_path)(&self.run, stage);
        if !log.exists() {
            return Vec::new();
        }
        let tail = tail::last_lines(&log, LOG_LINES);
        let what = if tail.is_empty() { "its log is empty" } else { "the end of its log" };
        let heading = self.style.quiet(&format!("{what}: {}", log.display()));
        std::iter::once(heading).chain(tail.iter().map(|line| format!("  {line}"))).collect()
    }

    /// The verbs stand in a column of their own, to the right.
    fn line(&self, verb: &str, paint: fn(Style, &str) -> String, text: &str) -> String {
        let padding = " ".repeat(11_usize.saturating_sub(verb.len()));
        format!("{padding}{} {text}", paint(self.style, verb))
    }
}
