use std::time::{Duration, Instant};

/// Reports more often than this would only be a flicker.
const INTERVAL: Duration = Duration::from_millis(250);

/// Says when the next report on long work is due: a few times a second.
#[derive(Debug, Default)]
pub struct Pace(Option<Instant>);

impl Pace {
    /// Whether a report is due now; the first one is.
    pub fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|last| last.elapsed() >= INTERVAL);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}
