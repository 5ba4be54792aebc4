use proto::{OutcomeStatus, StageOutcome};
use std::{
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};
use store::StoreError;

/// Bytes; no file system hands out less than one of its blocks.
const FULL: u64 = 64 << 10;

/// Why a stage failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("`{0}` could not be started: {1}")]
    Spawn(String, io::Error),
    #[error("{}", describe_exit(*.status, *.memory_ran_out))]
    Exited { status: ExitStatus, memory_ran_out: bool },
    #[error("ended after its timeout of {}", seconds(*.0))]
    TimedOut(Duration),
    #[error("{message}")]
    Reported { message: String, hints: Vec<String> },
    #[error("{failure}; no space left in '{}'", .directory.display())]
    FullDisk { failure: Box<Failure>, directory: PathBuf },
    #[error("the worker ended without saying how")]
    NoOutcome,
    #[error("ended well, but did not write its output `{name}`")]
    MissingOutput { name: String, is_command: bool },
    #[error("output `metrics` {0}")]
    BadMetrics(String),
    #[error("output `metrics` holds {0}, which JSON has no number for")]
    NotFinite(&'static str),
    #[error("{}: changed while the stage ran, so the result was not recorded", .0.display())]
    InputChanged(PathBuf),
    #[error("input `{input}`: stage `{producer}` made no `{output}`")]
    NoSuchOutput { input: String, producer: String, output: String },
    #[error("{}: no such file or folder", .0.display())]
    MissingSource(PathBuf),
    #[error("told to stop")]
    Interrupted,
    /// What a process did wrong, and the command line that starts it again.
    #[error("{failure}")]
    InProcess { failure: Box<Failure>, repeat: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("its process could not be watched: {0}")]
    Watch(#[from] io::Error),
}

impl Failure {
    /// What a worker said of itself.
    pub fn from_outcome(outcome: StageOutcome) -> Self {
        match outcome.status {
            OutcomeStatus::Interrupted => Self::Interrupted,
            _ => Self::Reported {
                message: outcome.error.unwrap_or_else(|| "failed without a reason".into()),
                hints: outcome.hints,
            },
        }
    }

    /// Names a disk that is full now: what a process printed of it has most often not reached its log.
    pub fn or_full_disk(self, directory: &Path) -> Self {
        match rustix::fs::statvfs(directory) {
            Ok(disk) if disk.f_bavail * disk.f_frsize < FULL || disk.f_favail == 0 && disk.f_files > 0 => {
                Self::FullDisk { failure: Box::new(self), directory: directory.to_owned() }
            }
            _ => self,
        }
    }

    /// Adds the command line to what the process itself has done wrong.
    pub fn repeatable(self, repeat: impl FnOnce() -> String) -> Self {
        match self {
            Self::Exited { .. }
            | Self::TimedOut(_)
            | Self::Reported { .. }
            | Self::NoOutcome
            | Self::MissingOutput { .. }
            | Self::BadMetrics(_)
            | Self::NotFinite(_) => Self::InProcess { failure: self.into(), repeat: repeat() },
            other => other,
        }
    }

    /// Ways out, one sentence each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Reported { hints, .. } => hints.clone(),
            Self::InProcess { failure, repeat } => {
                let mut hints = failure.hints();
                hints.push(format!("repeat it with: {repeat}"));
                hints
            }
            Self::Exited { status, .. } if killed_by(*status) == Some(libc::SIGKILL) => {
                vec![
                    "lower batch or image sizes, or declare `resources.memory` so that less runs beside it"
                        .into(),
                ]
            }
            Self::TimedOut(_) => vec!["raise `timeout` of the stage".into()],
            Self::MissingOutput { name, is_command: true } => {
                vec![format!("the command must write to the path that `${{outputs.{name}}}` stands for")]
            }
            Self::NotFinite(what) => vec![format!(
                "Python's `json.dump` writes {what} where a value is not finite: leave such a metric out, or end \
                 the stage with an error"
            )],
            Self::FullDisk { failure, directory } => {
                let full = StoreError::Full { path: directory.clone() };
                full.hint().map(String::from).into_iter().chain(failure.hints()).collect()
            }
            Self::Spawn(program, error) if error.kind() == io::ErrorKind::NotFound => {
                vec![format!("install `{program}`, or use `shell = true` if it is a shell built-in")]
            }
            Self::Store(error) => error.hint().map(String::from).into_iter().collect(),
            Self::NoSuchOutput { producer, output, .. } if ["val", "test"].contains(&output.as_str()) => {
                vec![format!(
                    "its source has none: let stage `{producer}` hold one out with `{output}_per_class` or `{output}_fraction`"
                )]
            }
            Self::InputChanged(_) => vec!["run it again once the file is at rest".into()],
            _ => Vec::new(),
        }
    }
}

fn describe_exit(status: ExitStatus, memory_ran_out: bool) -> String {
    let what = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("crashed with signal {signal} ({})", signal_name(signal)),
        (None, None) => "ended in an unknown way".into(),
    };
    match killed_by(status) {
        Some(libc::SIGKILL) if memory_ran_out => format!("{what}: the machine ran out of memory"),
        Some(libc::SIGKILL) => format!("{what}, most likely since the machine ran out of memory"),
        Some(signal) if status.code().is_some() => {
            format!("{what}, as a shell does after signal {signal} ({})", signal_name(signal))
        }
        _ => what,
    }
}

/// The signal that ended the process, or a process that it ran, as shells tell of that.
fn killed_by(status: ExitStatus) -> Option<i32> {
    let told = status.code().filter(|code| SIGNALS_OF_SHELLS.contains(code)).map(|code| code - 128);
    status.signal().or(told)
}

/// 128 and the number of a signal that ends a process.
const SIGNALS_OF_SHELLS: [i32; 6] = [
    128 + libc::SIGILL,
    128 + libc::SIGABRT,
    128 + libc::SIGBUS,
    128 + libc::SIGFPE,
    128 + libc::SIGKILL,
    128 + libc::SIGSEGV,
];

fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGKILL => "SIGKILL, killed",
        libc::SIGSEGV => "SIGSEGV, invalid memory access",
        libc::SIGABRT => "SIGABRT, it gave up by itself",
        libc::SIGBUS => "SIGBUS, a mapped file shrank or the disk is full",
        libc::SIGILL => "SIGILL, an instruction that this processor lacks",
        libc::SIGFPE => "SIGFPE, an arithmetic error",
        libc::SIGTERM => "SIGTERM, told to stop from elsewhere",
        libc::SIGINT => "SIGINT, told to stop from elsewhere",
        libc::SIGPIPE => "SIGPIPE, nobody read its output",
        _ => "see signal(7)",
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
