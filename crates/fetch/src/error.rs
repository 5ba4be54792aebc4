use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No mirror gave the file.
    #[error("{}", describe(failures))]
    Mirrors {
        /// Each mirror with what was wrong, in the order of the stage.
        failures: Vec<MirrorFailure>,
    },

    /// An archive holds something that is not unpacked.
    #[error("the archive's entry `{entry}` {reason}")]
    Entry {
        /// The entry's name, as the archive has it.
        entry: String,
        /// What is wrong with it: `leaves the folder`.
        reason: String,
    },

    /// An archive cannot be read.
    #[error("the download is no readable {format} archive: {reason}")]
    Archive {
        /// What it was taken for.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },

    /// It does not fit on the disk.
    #[error("{}: {needs} bytes are needed, and {free} are free", path.display())]
    NoRoom {
        /// Where it was to go.
        path: PathBuf,
        /// How many bytes are needed, at least.
        needs: u64,
        /// How many there are.
        free: u64,
    },

    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Somebody asked the work to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A mirror that did not give the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorFailure {
    /// Its address.
    pub url: String,
    /// What was wrong: `status 404 Not Found`.
    pub reason: String,
    /// A way out, if there is one.
    pub hint: Option<String>,
}

impl fmt::Display for MirrorFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.url, self.reason)
    }
}

fn describe(failures: &[MirrorFailure]) -> String {
    match failures {
        [only] => only.to_string(),
        _ => {
            let lines: Vec<_> = failures.iter().map(|failure| format!("\n  {failure}")).collect();
            format!("none of {} mirrors gave the file:{}", failures.len(), lines.concat())
        }
    }
}

impl FetchError {
    /// Makes the error of an operation on `path` from what the system said.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// What is wrong with an archive's entry.
    pub(crate) fn entry(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Entry { entry: name.into(), reason: reason.into() }
    }

    /// Ways out.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Mirrors { failures } => {
                let mut hints: Vec<String> = Vec::new();
                for hint in failures.iter().filter_map(|failure| failure.hint.clone()) {
                    if !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
                hints.push(
                    "a file that is on disk already can be named as a mirror: `file:///PATH`".to_owned(),
                );
                hints
            }
            Self::Entry { .. } | Self::Archive { .. } => vec![
                "`unpack = false` keeps the file as it was downloaded, for a `command` stage to unpack"
                    .to_owned(),
            ],
            Self::NoRoom { .. } => vec![free_some_space()],
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                vec![free_some_space()]
            }
            Self::Io { .. } | Self::Interrupted => Vec::new(),
        }
    }
}

fn free_some_space() -> String {
    "free some space and run it again: what has been downloaded is kept; `pipeline gc` says what can go"
        .to_owned()
}
