use crate::{CompareOptions, Format, compare, error::CompareError, render};
use proto::RunRecord;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Brings `results/table.csv` and `results/table.md` below the project root up to date: the newest finished
/// run of each experiment. A file that is right already is not touched. Returns the files that were written.
pub fn write_tables(root: &Path, records: &[RunRecord]) -> Result<Vec<PathBuf>, CompareError> {
    let table = compare(records, &CompareOptions::default())?;
    let mut written = Vec::new();
    for (name, format) in [("table.csv", Format::Csv), ("table.md", Format::Markdown)] {
        let path = root.join("results").join(name);
        let text = render(&table, format)?;
        let failed = |error: io::Error| CompareError::Render(format!("{}: {error}", path.display()));
        if fs::read_to_string(&path).is_ok_and(|present| present == text) {
            continue;
        }
        replace(&path, &text).map_err(failed)?;
        written.push(path);
    }
    Ok(written)
}

/// A reader sees the old text or the new, never a part.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, text)?;
    fs::rename(&temporary, path)
}
