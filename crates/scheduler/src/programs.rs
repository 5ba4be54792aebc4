use crate::SchedulerError;
use spec::{Kind, Stage};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

const WORKER: &str = "pipeline-worker";

/// The programs that do the stages which are no commands.
pub(crate) struct Programs {
    worker: Option<PathBuf>,
}

impl Programs {
    /// Finds the worker: `PIPELINE_WORKER`, else beside this program, else on the path.
    pub fn find() -> Self {
        Self { worker: worker_path() }
    }

    /// Fails if a stage needs a program that is not there.
    pub fn check(&self, stage: &Stage) -> Result<(), SchedulerError> {
        match stage.kind {
            Kind::Command => Ok(()),
            _ if self.worker.is_some() => Ok(()),
            _ => Err(SchedulerError::NoWorker { stage: stage.name.clone() }),
        }
    }

    /// The arguments that do a stage of a built-in kind in a stage directory.
    pub fn argv(&self, directory: &Path) -> Vec<OsString> {
        let worker = self.worker.clone().unwrap_or_else(|| WORKER.into());
        vec![worker.into(), "run".into(), directory.as_os_str().to_owned()]
    }
}

/// Where the worker is, if anywhere.
pub fn worker_path() -> Option<PathBuf> {
    let own = env::current_exe().ok()?;
    if let Some(named) = env::var_os("PIPELINE_WORKER") {
        return Some(named.into());
    }
    let beside = own.with_file_name(WORKER);
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join(WORKER));
    std::iter::once(beside).chain(on_path).find(|candidate| candidate.is_file())
}
