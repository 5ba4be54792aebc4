use crate::error::WorkerError;
use proto::{StageOutcome, StageRequest, files};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The folder in which a stage is done.
pub struct StageDirectory(PathBuf);

impl StageDirectory {
    /// The folder at `path`; an outcome that an earlier attempt left is removed.
    pub fn open(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path.join(files::OUTCOME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self(path.to_owned())),
        }
    }

    /// What is to be done.
    ///
    /// # Errors
    /// If the request cannot be read, or is of a newer format.
    pub fn read_request(&self) -> Result<StageRequest, WorkerError> {
        let refused = |reason: String| WorkerError::Request { reason };
        let text = fs::read(self.0.join(files::REQUEST)).map_err(|error| refused(error.to_string()))?;
        let request: StageRequest =
            serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
        if request.format > proto::FORMAT {
            let (theirs, ours) = (request.format, proto::FORMAT);
            return Err(refused(format!(
                "it has format {theirs}, this worker knows {ours}; install both programs anew"
            )));
        }
        Ok(request)
    }

    /// Where events go.
    pub fn events(&self) -> PathBuf {
        self.0.join(files::EVENTS)
    }

    /// Leaves the outcome, whole or not at all.
    pub fn write_outcome(&self, outcome: &StageOutcome) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        serde_json::to_writer_pretty(&mut file, outcome)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(self.0.join(files::OUTCOME))?;
        Ok(())
    }
}
