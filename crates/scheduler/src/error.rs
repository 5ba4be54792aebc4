use std::path::PathBuf;
use store::StoreError;

/// Why a plan could not be made or a run could not begin. A stage that fails is not an error of this kind.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum SchedulerError {
    #[error("no stage is called `{name}`")]
    UnknownStage { name: String, nearest: Option<String> },
    #[error("stage `{0}` needs itself, directly or through others")]
    Cycle(String),
    #[error("stage `{stage}` asks for {asked} {what}, and this machine has {has}")]
    Impossible { stage: String, asked: String, what: &'static str, has: String },
    #[error("device `{0}` is not known")]
    UnknownDevice(String),
    #[error("there is no device `{device}`: this machine has {has} GPUs, numbered from 0")]
    NoDevice { device: String, has: usize },
    #[error("`pipeline-worker`, which stage `{stage}` needs, was not found beside `pipeline` or on the path")]
    NoWorker { stage: String },
    #[error("no run is called `{0}`")]
    UnknownRun(String),
    #[error("run `{0}` is not the only one that begins like this")]
    AmbiguousRun(String),
    #[error("run `{0}` is kept")]
    KeptRun(String),
    #[error("run `{0}` is at work")]
    RunningRun(String),
    #[error("{0}: {1}")]
    Source(PathBuf, std::io::Error),
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SchedulerError {
    /// The exit code that goes with it: 2 for something wrong in what was asked, 3 for something that the
    /// machine lacks.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownStage { .. }
            | Self::Cycle(_)
            | Self::UnknownDevice(_)
            | Self::UnknownRun(_)
            | Self::AmbiguousRun(_)
            | Self::KeptRun(_)
            | Self::RunningRun(_)
            | Self::Source(..) => 2,
            Self::Impossible { .. }
            | Self::NoDevice { .. }
            | Self::NoWorker { .. }
            | Self::Io(..)
            | Self::Store(_) => 3,
        }
    }

    /// Ways out, one sentence each.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::UnknownStage { nearest: Some(nearest), .. } => {
                return vec![format!("did you mean `{nearest}`?")];
            }
            Self::UnknownStage { .. } => "`pipeline graph FILE` lists the stages",
            Self::Impossible { .. } => "lower `resources` of the stage, or run it on a machine that has them",
            Self::NoDevice { .. } => "`pipeline doctor` lists the GPUs; `--device cpu` needs none",
            Self::UnknownDevice(_) => "use `auto`, `cpu`, `cuda` or `cuda:N`",
            Self::NoWorker { .. } => {
                "build it with `make build`, or name it in the environment variable PIPELINE_WORKER"
            }
            Self::KeptRun(_) => "`pipeline runs unkeep RUN` lets go of it",
            Self::RunningRun(_) => "stop it with Ctrl-C first",
            Self::UnknownRun(_) | Self::AmbiguousRun(_) => "`pipeline runs` lists them",
            Self::Store(error) => return error.hint().map(String::from).into_iter().collect(),
            Self::Cycle(_) | Self::Source(..) | Self::Io(..) => return Vec::new(),
        };
        vec![hint.into()]
    }
}
