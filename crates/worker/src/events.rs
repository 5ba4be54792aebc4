use crate::log_line::log_line;
use proto::StageEvent;
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::Mutex,
};
use train::Pace;

/// Where a stage says what happens: a line of JSON for the runner, and what matters most on stderr, which
/// is the stage's log.
pub struct EventLog(Mutex<Inner>);

struct Inner {
    file: File,
    pace: Pace,
}

impl EventLog {
    /// Appends to the file at `path`.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Mutex::new(Inner { file, pace: Pace::default() })))
    }

    /// Says that something happened. An event that cannot be written is dropped: nothing depends on it.
    pub fn emit(&self, event: &StageEvent) {
        if let Ok(mut inner) = self.0.lock() {
            inner.write(event);
        }
    }

    /// Says how far long work is, a few times a second and at its end, however often it is called.
    pub fn progress(&self, activity: &str, done: u64, total: u64, unit: &str) {
        let Ok(mut inner) = self.0.lock() else { return };
        if inner.pace.is_due() || done == total {
            let (activity, unit) = (activity.to_owned(), unit.to_owned());
            inner.write(&StageEvent::Progress { activity, done, total, unit });
        }
    }
}

impl Inner {
    fn write(&mut self, event: &StageEvent) {
        if let Ok(line) = serde_json::to_string(event) {
            // One write a line, so that whoever reads along never sees two lines mixed.
            let _ = self.file.write_all(format!("{line}\n").as_bytes());
        }
        if let Some(line) = log_line(event) {
            eprintln!("{line}");
        }
    }
}
