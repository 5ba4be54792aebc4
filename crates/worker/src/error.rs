use data::DataError;
use fetch::FetchError;
use std::error::Error;
use train::TrainError;

/// Why a stage could not be done.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The request does not say what to do.
    #[error("request.json: {reason}")]
    Request {
        /// What is wrong with it.
        reason: String,
    },

    /// The device that was asked for is not there.
    #[error("device `{device}`: {reason}")]
    Device {
        /// As it was asked for.
        device: String,
        /// What is there instead.
        reason: String,
    },

    /// The request's parameters are not those of its kind.
    #[error("the parameters do not fit the kind")]
    Parameters(#[from] serde_json::Error),

    /// What a contact sheet should show is not an augmentation.
    #[error("`--augment`: {reason}")]
    Augment {
        /// What is wrong with it.
        reason: String,
        /// Ways out.
        hints: Vec<String>,
    },

    /// Downloading or unpacking failed.
    #[error(transparent)]
    Fetch(#[from] FetchError),

    /// Building or summing up a dataset failed.
    #[error(transparent)]
    Data(#[from] DataError),

    /// Training or evaluation failed.
    #[error(transparent)]
    Train(#[from] TrainError),

    /// A bug, here or in a library.
    #[error("the worker panicked: {message}")]
    Panic {
        /// What it said.
        message: String,
    },
}

impl WorkerError {
    /// Whether the stage was told to stop.
    pub fn is_interruption(&self) -> bool {
        use TrainError::Data;
        matches!(
            self,
            Self::Fetch(FetchError::Interrupted)
                | Self::Data(DataError::Interrupted)
                | Self::Train(TrainError::Interrupted | Data(DataError::Interrupted))
        )
    }

    /// One line a cause, outermost first. A cause that its consequence has already quoted is left out.
    pub fn causes(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut next: Option<&dyn Error> = Some(self);
        while let Some(cause) = next {
            let line = substance(&cause.to_string());
            if lines.last().is_none_or(|last| !last.ends_with(&line)) {
                lines.push(line);
            }
            next = cause.source();
        }
        lines
    }

    /// Ways out.
    pub fn hints(&self) -> Vec<String> {
        let mut hints = match self {
            Self::Device { .. } => vec!["`pipeline doctor` shows the devices of this machine".to_owned()],
            Self::Augment { hints, .. } => hints.clone(),
            Self::Fetch(error) => error.hints(),
            Self::Train(error) => error.hints(),
            Self::Panic { .. } => vec!["this is a bug; the stage's log has the place".to_owned()],
            Self::Request { .. } | Self::Parameters(_) | Self::Data(_) => Vec::new(),
        };
        let message = self.to_string();
        hints.extend(message.lines().filter_map(|line| line.strip_prefix(HINT)).map(str::to_owned));
        hints
    }
}

/// How a line of a message begins that is a hint.
const HINT: &str = "hint: ";

/// What a line of libtorch's messages begins with from which on they list its own functions.
const BACKTRACE: &str = "Exception raised from ";

/// What a message says, without hints and without libtorch's backtrace.
fn substance(message: &str) -> String {
    let said = message.lines().take_while(|line| !line.starts_with(BACKTRACE));
    said.filter(|line| !line.starts_with(HINT)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io, path::PathBuf};
    use tch::TchError;

    #[test]
    fn causes_are_listed_once_and_hints_apart() {
        let source = io::Error::from(io::ErrorKind::StorageFull);
        let error = TrainError::File { action: "write", path: PathBuf::from("weights"), source };
        let error = WorkerError::from(error);
        assert_eq!(error.causes(), ["cannot write weights", "no storage space"]);
        assert!(error.hints()[0].contains("free some space"));

        let source = io::Error::from(io::ErrorKind::NotFound);
        let error = DataError::Io { action: "open", path: PathBuf::from("a.h5"), source };
        assert_eq!(WorkerError::from(error).causes(), ["cannot open a.h5: entity not found"]);

        let message = "CUDA out of memory.\nException raised from malloc at CUDACachingAllocator.cpp:1";
        let error = WorkerError::from(TrainError::from(TchError::Torch(message.to_owned())));
        assert_eq!(error.causes(), ["libtorch failed", "Internal torch error: CUDA out of memory."]);
        assert!(error.hints()[0].contains("batch_size"));

        let hint = Some("look there".to_owned());
        let error = WorkerError::from(DataError::Parameters { reason: "too few".to_owned(), hint });
        assert_eq!(
            (error.causes(), error.hints()),
            (vec!["too few".to_owned()], vec!["look there".to_owned()])
        );
    }
}
