use crate::error::WorkerError;
use proto::{RequestInput, StageRequest};
use std::path::PathBuf;

/// The one file of an input, if it is given.
///
/// # Errors
/// If there are several.
pub(super) fn optional_input<'a>(
    request: &'a StageRequest,
    name: &str,
) -> Result<Option<&'a RequestInput>, WorkerError> {
    match request.inputs.get(name).map(Vec::as_slice) {
        None | Some([]) => Ok(None),
        Some([input]) => Ok(Some(input)),
        Some(inputs) => {
            let reason = format!("input `{name}` takes one file, not {}", inputs.len());
            Err(WorkerError::Request { reason })
        }
    }
}

/// The one file of an input.
///
/// # Errors
/// If there is none, or several.
pub(super) fn input<'a>(request: &'a StageRequest, name: &str) -> Result<&'a RequestInput, WorkerError> {
    optional_input(request, name)?.ok_or_else(|| missing("input", name))
}

/// The files of an input that may be a list.
///
/// # Errors
/// If there is none.
pub(super) fn inputs<'a>(request: &'a StageRequest, name: &str) -> Result<&'a [RequestInput], WorkerError> {
    let inputs = request.inputs.get(name).filter(|inputs| !inputs.is_empty());
    inputs.map(Vec::as_slice).ok_or_else(|| missing("input", name))
}

/// Where an output goes.
///
/// # Errors
/// If the request does not say.
pub(super) fn output(request: &StageRequest, name: &str) -> Result<PathBuf, WorkerError> {
    request.outputs.get(name).cloned().ok_or_else(|| missing("output", name))
}

fn missing(what: &str, name: &str) -> WorkerError {
    WorkerError::Request { reason: format!("{what} `{name}` is missing") }
}
