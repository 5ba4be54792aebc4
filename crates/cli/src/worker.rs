use crate::{exit::Exit, failure::Failure};
use serde::Serialize;
use std::{
    io,
    process::{Command, Stdio},
};

/// Puts a question to the worker, which prints the answer or what is wrong itself: this program links neither
/// libtorch nor HDF5.
pub fn ask(command: &str, question: &impl Serialize) -> Result<Exit, Failure> {
    let question = serde_json::to_vec(question)
        .map_err(|error| Failure::usage(format!("cannot ask the worker: {error}"), Vec::new()))?;
    let Some(program) = scheduler::worker_path() else {
        let hint = "build it with `make build`, or name it in the environment variable PIPELINE_WORKER";
        return Err(Failure::machine("`pipeline-worker` was not found", vec![hint.to_owned()]));
    };
    let answered = || {
        let mut worker = Command::new(&program).arg(command).stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = worker.stdin.take() {
            io::Write::write_all(&mut stdin, &question)?;
        }
        worker.wait()
    };
    let status = answered().map_err(|error| Failure::io("run", &program, &error))?;
    Ok(match status.code() {
        Some(0) => Exit::Done,
        Some(code) => Exit::of_error(u8::try_from(code).unwrap_or(u8::MAX)),
        None => Exit::Failed,
    })
}
