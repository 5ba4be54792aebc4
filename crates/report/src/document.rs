use crate::{
    live::revision,
    run::{Artifacts, Run},
    table::Table,
};
use proto::{RunRecord, RunStatus};
use results::{CompareError, CompareOptions};
use serde::Serialize;
use std::{collections::HashSet, path::Path};
use store::Store;

/// All that the page shows.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    project: String,
    /// When it was put together, RFC 3339 in UTC.
    made: String,
    version: &'static str,
    /// Whether there is a server to ask for what is new.
    live: bool,
    /// Changes when runs come, end or go.
    revision: String,
    table: Table,
    runs: Vec<Run>,
    artifacts: Artifacts,
}

impl Document {
    /// The comparison of `records` and all that is known of the runs in it. With `live`, runs at work are part
    /// of it too. `root` is the project's folder.
    ///
    /// # Errors
    /// When they cannot be compared as `options` ask for. What is missing in the store is no error: the page
    /// says so where it would be shown.
    pub fn new(
        root: &Path,
        store: &Store,
        records: &[RunRecord],
        options: &CompareOptions,
        live: bool,
    ) -> Result<Self, CompareError> {
        let table = results::compare(records, options)?;
        let compared: HashSet<&str> =
            table.rows.iter().flat_map(|row| &row.runs).map(String::as_str).collect();
        let is_shown = |record: &&RunRecord| {
            compared.contains(record.id.as_str()) || live && record.status == RunStatus::Running
        };
        let mut artifacts = Artifacts::new();
        let runs: Vec<Run> =
            records.iter().filter(is_shown).map(|record| Run::new(store, record, &mut artifacts)).collect();
        Ok(Self {
            project: root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            made: jiff::Timestamp::now().to_string(),
            version: env!("CARGO_PKG_VERSION"),
            live,
            revision: revision(records),
            table: Table::new(&table, &runs),
            runs,
            artifacts,
        })
    }

    /// The project's name, for the title.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// How many runs it shows.
    pub fn run_count(&self) -> usize {
        self.runs.len()
    }
}
