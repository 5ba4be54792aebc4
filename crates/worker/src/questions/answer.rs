use crate::error::WorkerError;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// The answer to a question, in both forms.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) json: Value,
    /// What could not be answered, for people; programs find it in `json`.
    pub(super) failure: Option<String>,
}

/// Reads a question, and prints its answer or what is wrong: exit codes are those of `pipeline`.
pub(super) fn answer<Q: DeserializeOwned>(
    wants_json: impl Fn(&Q) -> bool,
    give: impl FnOnce(Q) -> Result<Answer, WorkerError>,
) -> ExitCode {
    let question: Q = match serde_json::from_reader(io::stdin().lock()) {
        Ok(question) => question,
        Err(error) => return fail(&WorkerError::Request { reason: error.to_string() }, false),
    };
    let as_json = wants_json(&question);
    match give(question) {
        Ok(answer) => tell(&answer, as_json),
        Err(error) => fail(&error, as_json),
    }
}

fn tell(answer: &Answer, as_json: bool) -> ExitCode {
    let printed = if as_json { print(&format!("{}\n", answer.json)) } else { print(&answer.text) };
    match &answer.failure {
        Some(failure) if printed == ExitCode::SUCCESS => {
            if !as_json {
                eprintln!("error: {failure}");
            }
            ExitCode::from(FAILED)
        }
        _ => printed,
    }
}

fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // Whoever does not read on, as `head` does, has what they want.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("error: cannot write to standard output: {error}");
            ExitCode::from(MACHINE)
        }
        _ => ExitCode::SUCCESS,
    }
}

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const MACHINE: u8 = 3;

/// What is wrong is nearly always a file that was named; only a device is the machine's to have.
fn fail(error: &WorkerError, as_json: bool) -> ExitCode {
    let (message, hints) = (error.causes().join(": "), error.hints());
    if as_json {
        let error = problem(&message, None, &hints);
        let _ = print(&format!("{}\n", json!({ "error": error, "errors": [error] })));
    } else {
        eprintln!("error: {message}");
        hints.iter().for_each(|hint| eprintln!("hint: {hint}"));
    }
    ExitCode::from(if matches!(error, WorkerError::Device { .. }) { MACHINE } else { USAGE })
}

/// Something wrong, as `pipeline` tells it to programs.
pub(super) fn problem(message: &str, file: Option<&str>, hints: &[String]) -> Value {
    json!({ "message": message, "file": file, "line": null, "column": null, "hints": hints })
}
