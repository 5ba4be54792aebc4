use crate::{CompareOptions, Format, compare, error::CompareError, render};
use proto::RunRecord;
use std::{
    fs,
    path::{Path, PathBuf},
};
use store::Store;

/// Brings `results/table.csv` and `results/table.md` below the project root up to date: the newest finished
/// run of each experiment. A file that is right already is not touched. Returns the files that were written.
pub fn write_tables(store: &Store, root: &Path, records: &[RunRecord]) -> Result<Vec<PathBuf>, CompareError> {
    let table = compare(records, &CompareOptions::default())?;
    let mut written = Vec::new();
    for (name, format) in [("table.csv", Format::Csv), ("table.md", Format::Markdown)] {
        let path = root.join("results").join(name);
        let text = render(&table, format)?;
        if fs::read_to_string(&path).is_ok_and(|present| present == text) {
            continue;
        }
        store.write_file(&path, text.as_bytes())?;
        written.push(path);
    }
    Ok(written)
}
