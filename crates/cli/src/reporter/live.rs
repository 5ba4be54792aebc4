use super::{Detail, Narrator, bars::Bars};
use crate::{output, style::Style};
use proto::RunEvent;
use std::{
    io::{IsTerminal, stderr},
    path::PathBuf,
    time::Instant,
};

/// Tells people on stderr of a run at work: with bars on a terminal, in plain lines elsewhere.
pub struct LiveReporter {
    narrator: Narrator,
    bars: Option<Bars>,
    begun: Instant,
}

impl LiveReporter {
    pub fn new(log_path: impl Fn(&str, &str) -> PathBuf + 'static) -> Self {
        let bars = stderr().is_terminal().then(Bars::new);
        let detail = if bars.is_some() { Detail::Outcomes } else { Detail::Everything };
        let narrator = Narrator::new(detail, Style::of_stderr(), log_path);
        Self { narrator, bars, begun: Instant::now() }
    }

    pub fn event(&mut self, event: &RunEvent) {
        let elapsed = self.begun.elapsed().as_secs_f64();
        let lines = self.narrator.tell(event, Some(elapsed));
        match &mut self.bars {
            // The bars go first, so that the last lines are not printed above bars that vanish.
            Some(bars) => {
                bars.update(event, elapsed);
                lines.iter().for_each(|line| bars.print(line));
            }
            None => lines.iter().for_each(|line| output::say(line)),
        }
    }
}
