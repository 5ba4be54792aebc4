use super::{
    answer::{Answer, answer},
    dataset_report::dataset_report,
    weights_report::weights_report,
};
use crate::error::WorkerError;
use proto::InspectQuestion;
use std::{fs::File, io::Read, path::Path, process::ExitCode};
use train::TrainError;

const HDF5_MAGIC: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// Says what is in a weights file or a dataset.
pub fn inspect() -> ExitCode {
    answer(|question: &InspectQuestion| question.json, report)
}

fn report(question: InspectQuestion) -> Result<Answer, WorkerError> {
    let path = &question.path;
    if path.is_dir() || is_hdf5(path).map_err(TrainError::file("read", path))? {
        return dataset_report(&question);
    }
    if question.sheet.is_some() {
        let reason = "a contact sheet shows a dataset, not weights".to_owned();
        return Err(TrainError::Parameter { name: "sheet", reason }.into());
    }
    weights_report(path)
}

fn is_hdf5(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(HDF5_MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == HDF5_MAGIC)
}
