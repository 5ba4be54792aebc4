use crate::{amounts::show_bytes, exit::Exit, failure::Failure, output, project};
use serde_json::json;
use store::VerifyReport;

/// Reads everything in the store and says what is damaged or missing.
pub fn verify(json: bool) -> Result<Exit, Failure> {
    let (_, store) = project::here()?;
    let report = store::verify(&store)?;
    if json {
        output::line(&document(&report).to_string())?;
    } else {
        for problem in problems(&report) {
            output::line(&problem)?;
        }
        output::say(&format!("{} objects read, {}", report.objects, show_bytes(report.bytes)));
    }
    if report.is_whole() {
        return Ok(Exit::Done);
    }
    if !json {
        output::say(
            "hint: run the pipelines again: stages whose results are damaged or missing are repeated",
        );
    }
    Ok(Exit::Failed)
}

fn problems(report: &VerifyReport) -> Vec<String> {
    let objects = report.damaged_objects.iter().map(|damaged| match &damaged.moved_to {
        Some(path) => {
            format!("object {} is damaged; moved to {}", damaged.digest, output::near(path).display())
        }
        None => format!("object {} is damaged", damaged.digest),
    });
    let actions = report
        .damaged_actions
        .iter()
        .map(|(path, problem)| format!("record {} is damaged: {problem}", output::near(path).display()));
    let missing = report
        .missing_outputs
        .iter()
        .map(|missing| format!("output {} of key {} is missing", missing.output, missing.key));
    objects.chain(actions).chain(missing).collect()
}

fn document(report: &VerifyReport) -> serde_json::Value {
    let objects = report
        .damaged_objects
        .iter()
        .map(|damaged| json!({ "digest": damaged.digest, "moved_to": damaged.moved_to }));
    let actions =
        report.damaged_actions.iter().map(|(path, problem)| json!({ "path": path, "problem": problem }));
    let missing = report
        .missing_outputs
        .iter()
        .map(|missing| json!({ "key": missing.key, "output": missing.output, "digest": missing.digest }));
    json!({
        "objects": report.objects,
        "bytes": report.bytes,
        "damaged_objects": objects.collect::<Vec<_>>(),
        "damaged_actions": actions.collect::<Vec<_>>(),
        "missing_outputs": missing.collect::<Vec<_>>(),
    })
}
