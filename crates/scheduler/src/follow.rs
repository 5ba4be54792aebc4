use proto::StageEvent;
use std::{fs::File, io::Read, path::PathBuf};

/// Reads a worker's events as they are appended. A line that is not whole yet waits; one that is not an event
/// is passed over, since listeners must not need every event.
pub(crate) struct EventFollower {
    path: PathBuf,
    file: Option<File>,
    rest: Vec<u8>,
}

impl EventFollower {
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None, rest: Vec::new() }
    }

    /// Hands on what has come since the last call.
    pub fn read(&mut self, progress: &dyn Fn(StageEvent)) {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &mut self.file else { return };
        if file.read_to_end(&mut self.rest).is_err() {
            return;
        }
        let Some(end) = self.rest.iter().rposition(|&byte| byte == b'\n') else { return };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        whole
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .for_each(progress);
    }
}
