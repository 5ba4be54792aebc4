use crate::SchedulerError;
use spec::{Kind, Stage};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The programs that do the stages which are no commands.
pub(crate) struct Programs {
    own: PathBuf,
    worker: Option<PathBuf>,
}

impl Programs {
    /// Finds the worker: `PIPELINE_WORKER`, else beside this program, else on the path.
    pub fn find() -> Self {
        let own = env::current_exe().unwrap_or_else(|_| "pipeline".into());
        Self { worker: find_worker(&own), own }
    }

    /// Fails if a stage needs a program that is not there.
    pub fn check(&self, stage: &Stage) -> Result<(), SchedulerError> {
        match stage.kind {
            Kind::Command | Kind::Fetch => Ok(()),
            _ if self.worker.is_some() => Ok(()),
            _ => Err(SchedulerError::NoWorker { stage: stage.name.clone() }),
        }
    }

    /// The arguments that do a stage of this kind in a stage directory.
    pub fn argv(&self, kind: Kind, directory: &Path) -> Vec<OsString> {
        let directory = directory.as_os_str().to_owned();
        match (kind, &self.worker) {
            (Kind::Fetch, _) => vec![self.own.clone().into(), "internal-fetch".into(), directory],
            (_, Some(worker)) => vec![worker.clone().into(), "run".into(), directory],
            (_, None) => vec!["pipeline-worker".into(), "run".into(), directory],
        }
    }
}

/// Where the worker is, if anywhere.
pub fn worker_path() -> Option<PathBuf> {
    find_worker(&env::current_exe().ok()?)
}

fn find_worker(own: &Path) -> Option<PathBuf> {
    const NAME: &str = "pipeline-worker";
    if let Some(named) = env::var_os("PIPELINE_WORKER") {
        return Some(named.into());
    }
    let beside = own.with_file_name(NAME);
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join(NAME));
    std::iter::once(beside).chain(on_path).find(|candidate| candidate.is_file())
}
