use super::flat::flatten_table;
use crate::{error::CompareError, format::text_of, table::ResultsTable};
use serde_json::Value;

pub(super) fn render(table: &ResultsTable) -> Result<String, CompareError> {
    let flat = flatten_table(table);
    let failed = |problem: String| CompareError::Render(problem);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = flat.columns.iter().map(|(name, _)| name);
    writer.write_record(names).map_err(|error| failed(error.to_string()))?;
    for row in &flat.rows {
        writer.write_record(row.iter().map(field)).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(elements) => elements.iter().map(text_of).collect::<Vec<_>>().join(" "),
        other => text_of(other),
    }
}
