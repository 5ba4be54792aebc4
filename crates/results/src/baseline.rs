use crate::{
    error::CompareError,
    experiment::Experiment,
    filter::Filter,
    format::text_of,
    names::Names,
    table::{Cell, ColumnRole, ResultsTable, Row},
};
use serde_json::Value;

/// The row that `text` names: a pipeline, a run or the beginning of its id, a published result, or conditions. Of
/// a pipeline's rows it is the one that the file gave by itself when it last ran without `--set`. `experiments` are
/// the table's first rows.
pub(crate) fn find_row(
    table: &ResultsTable,
    text: &str,
    experiments: &[Experiment],
    names: &Names,
) -> Result<usize, CompareError> {
    let mut found = named(table, text, experiments);
    let conditions: Result<Vec<Filter>, _> = text.split(" and ").map(str::parse).collect();
    let conditions = conditions.ok().filter(|_| found.is_empty());
    for condition in conditions.iter().flatten() {
        condition.check(experiments, &names.resolve(&condition.column)?)?;
    }
    if let Some(conditions) = &conditions {
        for (at, experiment) in experiments.iter().enumerate() {
            if meets(experiment, conditions, names)? {
                found.push(at);
            }
        }
    }
    match found.as_slice() {
        [row] => Ok(*row),
        [] => Err(none(table, text, conditions.is_none())),
        rows => Err(several(table, text, rows)),
    }
}

fn named(table: &ResultsTable, text: &str, experiments: &[Experiment]) -> Vec<usize> {
    let rows = |is_meant: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..table.rows.len()).filter(|at| is_meant(*at)).collect()
    };
    let mut of_pipeline =
        rows(&|at| experiments.get(at).is_some_and(|experiment| experiment.pipeline == text));
    if of_pipeline.len() > 1
        && let Some(newest) = of_pipeline.iter().filter_map(|at| experiments[*at].as_filed.as_ref()).max()
    {
        of_pipeline.retain(|at| experiments[*at].as_filed.as_ref() == Some(newest));
    }
    if !of_pipeline.is_empty() {
        return of_pipeline;
    }
    rows(&|at| match experiments.get(at) {
        Some(experiment) => experiment.runs.iter().any(|run| run.starts_with(text)),
        None => name_of(table, at).is_some_and(|name| {
            name == text || name.strip_prefix(text).is_some_and(|rest| rest.starts_with(" ("))
        }),
    })
}

fn meets(experiment: &Experiment, conditions: &[Filter], names: &Names) -> Result<bool, CompareError> {
    for condition in conditions {
        if !condition.matches(experiment, &names.resolve(&condition.column)?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn name_of(table: &ResultsTable, row: usize) -> Option<String> {
    match table.rows[row].cells.first() {
        Some(Cell::Setting(name)) => Some(text_of(name)),
        _ => None,
    }
}

fn none(table: &ResultsTable, text: &str, is_name: bool) -> CompareError {
    let known: Vec<String> = (0..table.rows.len()).filter_map(|row| name_of(table, row)).collect();
    let nearest = spec::nearest(text, known.iter().map(String::as_str)).filter(|_| is_name);
    let hint = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "name a pipeline, a run, a reference, or conditions such as 'lr = 0.1 and seed = 1', of a row that \
                 is in the table"
            .to_owned(),
    };
    CompareError::Baseline { text: text.to_owned(), count: 0, hint }
}

/// Says in what the rows differ, and how the first is told from all others.
fn several(table: &ResultsTable, text: &str, rows: &[usize]) -> CompareError {
    let first = &table.rows[rows[0]];
    let told_apart_by =
        |at: &usize| matches!(table.columns[*at].role, ColumnRole::Setting | ColumnRole::Experiment);
    let shown: Vec<usize> = (0..table.columns.len()).filter(told_apart_by).collect();
    let differs = |at: &&usize| rows.iter().any(|row| table.rows[*row].cells[**at] != first.cells[**at]);
    let labels: Vec<&str> =
        shown.iter().filter(differs).map(|at| table.columns[*at].label.as_str()).collect();
    let mut others: Vec<&Row> = table.rows.iter().filter(|row| !std::ptr::eq(*row, first)).collect();
    let mut conditions = Vec::new();
    for &at in &shown {
        let before = others.len();
        let Cell::Setting(value) = &first.cells[at] else { continue };
        others.retain(|row| row.cells[at] == first.cells[at]);
        if others.len() < before {
            conditions.push(format!("{} = {}", table.columns[at].label, written(value)));
        }
    }
    let hint = match labels.as_slice() {
        [] => "they differ in no setting: name a run of it".to_owned(),
        labels => {
            format!("they differ in {}: say which, such as '{}'", labels.join(", "), conditions.join(" and "))
        }
    };
    CompareError::Baseline { text: text.to_owned(), count: rows.len(), hint }
}

/// As a filter reads it.
fn written(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => value.to_string(),
        other => text_of(other),
    }
}
