use super::progress::StageProgress;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use proto::{RunEvent, StageEvent};
use std::{collections::BTreeMap, time::Duration};

/// A bar for each running stage, below the lines that stay.
pub struct Bars {
    all: MultiProgress,
    running: BTreeMap<String, (ProgressBar, StageProgress)>,
}

/// How often the spinners of stages turn that do not say how far they are.
const TICK: Duration = Duration::from_millis(120);
const WITHOUT_LENGTH: &str = "{spinner} {prefix}  {elapsed}  {wide_msg}";
const WITH_LENGTH: &str = "{spinner} {prefix}  {bar:16}  {wide_msg}";

impl Bars {
    pub fn new() -> Self {
        Self { all: MultiProgress::new(), running: BTreeMap::new() }
    }

    /// Moves the bars; `now` is how long the run has taken, in seconds.
    pub fn update(&mut self, event: &RunEvent, now: f64) {
        match event {
            RunEvent::StageStarted { stage, .. } => self.start(stage),
            RunEvent::StageProgress { stage, progress } => self.advance(stage, progress, now),
            RunEvent::StageFinished { stage, .. } => {
                if let Some((bar, _)) = self.running.remove(stage) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
            }
            RunEvent::RunFinished { .. } => {
                self.running.clear();
                // Nothing can be done about a terminal that has gone.
                let _ = self.all.clear();
            }
            RunEvent::RunStarted { .. } | RunEvent::StageRetried { .. } | RunEvent::Warning { .. } => {}
        }
    }

    /// Prints a line that stays, above the bars.
    pub fn print(&self, line: &str) {
        let _ = self.all.println(line);
    }

    fn start(&mut self, stage: &str) {
        let bar = self.all.add(ProgressBar::no_length());
        bar.set_style(style(WITHOUT_LENGTH));
        bar.set_prefix(stage.to_owned());
        bar.enable_steady_tick(TICK);
        self.running.insert(stage.to_owned(), (bar, StageProgress::default()));
    }

    fn advance(&mut self, stage: &str, event: &StageEvent, now: f64) {
        let Some((bar, progress)) = self.running.get_mut(stage) else { return };
        progress.update(event, now);
        if let Some((done, total)) = progress.fraction() {
            if bar.length().is_none() {
                bar.set_style(style(WITH_LENGTH));
            }
            bar.set_length(total);
            bar.set_position(done);
        }
        bar.set_message(progress.text(now));
    }
}

fn style(template: &str) -> ProgressStyle {
    let bar = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.progress_chars("━╸─")
}
