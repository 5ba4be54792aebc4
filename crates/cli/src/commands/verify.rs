use crate::{amounts::show_bytes, exit::Exit, failure::Failure, output, project};
use scheduler::records::{self, RecordsRead};
use serde_json::{Value, json};
use std::path::PathBuf;
use store::VerifyReport;

/// Reads everything in the store and says what is damaged or missing.
pub fn verify(json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let report = store::verify(&store)?;
    let records = records::read_all(&store);
    if json {
        output::line(&document(&report, &records).to_string())?;
    } else {
        for problem in problems(&report, &records) {
            output::line(&problem)?;
        }
        let (objects, bytes) = (report.objects, show_bytes(report.bytes));
        output::say(&format!("{objects} objects read, {bytes}; {} records of runs", records.count));
    }
    if report.is_whole() && records.damaged.is_empty() {
        return Ok(Exit::Done);
    }
    if !json {
        hints(&report, &records).into_iter().for_each(|hint| output::say(&format!("hint: {hint}")));
    }
    Ok(Exit::Failed)
}

fn hints(report: &VerifyReport, records: &RecordsRead) -> Vec<&'static str> {
    let mut hints = Vec::new();
    if !report.missing_outputs.is_empty() {
        hints.push(
            "`pipeline run FILE --force`, or `--force STAGE`, makes a missing output again; a run without `--force` \
             repeats a stage only if its file under results/ is gone or changed too",
        );
    } else if !report.is_whole() {
        hints.push("run the pipelines again: stages whose results are damaged or missing are repeated");
    }
    if !report.damaged_checkpoints.is_empty() {
        hints.push("a damaged checkpoint is passed over, and can be removed");
    }
    if !records.damaged.is_empty() {
        hints.push(
            "what a damaged record said is lost, results are not; the folder of its run can be removed",
        );
    }
    hints
}

fn problems(report: &VerifyReport, records: &RecordsRead) -> Vec<String> {
    let objects = report.damaged_objects.iter().map(|damaged| match &damaged.moved_to {
        Some(path) => {
            format!("object {} is damaged; moved to {}", damaged.digest, output::near(path).display())
        }
        None => format!("object {} is damaged", damaged.digest),
    });
    let damaged = report.damaged_actions.iter().chain(&records.damaged);
    let actions = damaged
        .map(|(path, problem)| format!("record {} is damaged: {problem}", output::near(path).display()));
    let checkpoints = report
        .damaged_checkpoints
        .iter()
        .map(|(path, problem)| format!("checkpoint {} is damaged: {problem}", output::near(path).display()));
    let missing = report
        .missing_outputs
        .iter()
        .map(|missing| format!("output {} of key {} is missing", missing.output, missing.key));
    objects.chain(actions).chain(checkpoints).chain(missing).collect()
}

fn document(report: &VerifyReport, records: &RecordsRead) -> serde_json::Value {
    let objects = report
        .damaged_objects
        .iter()
        .map(|damaged| json!({ "digest": damaged.digest, "moved_to": damaged.moved_to }));
    let files = |damaged: &[(PathBuf, String)]| -> Vec<Value> {
        damaged.iter().map(|(path, problem)| json!({ "path": path, "problem": problem })).collect()
    };
    let missing = report
        .missing_outputs
        .iter()
        .map(|missing| json!({ "key": missing.key, "output": missing.output, "digest": missing.digest }));
    json!({
        "objects": report.objects,
        "bytes": report.bytes,
        "damaged_objects": objects.collect::<Vec<_>>(),
        "records": records.count,
        "damaged_actions": files(&report.damaged_actions),
        "damaged_records": files(&records.damaged),
        "damaged_checkpoints": files(&report.damaged_checkpoints),
        "missing_outputs": missing.collect::<Vec<_>>(),
    })
}
