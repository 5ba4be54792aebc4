//! Names and values as a comparison has them, from files that the real program ran.

use crate::project;
use serde_json::{Value, json};
use testkit::Project;

const EMIT: &str = "printf '%s' \"$1\" > \"$2\"\n";

fn with(file: &str) -> Project {
    let project = project();
    project.file("emit.sh", EMIT).pipeline(file);
    project
}

fn rows(project: &Project, arguments: &[&str]) -> Vec<Value> {
    let table = project.pipeline_with(&[&["compare", "--json"], arguments].concat()).ok().json();
    table["rows"].as_array().unwrap().clone()
}

#[test]
fn a_matrix_is_on_record_as_the_file_has_it() {
    let project = with(
        r#"
[stages.m]
kind    = "command"
matrix  = { name = ["a,b", "c=d", "1"], size = [[16, 32]] }
run     = "sh emit.sh '{\"acc\":1}' ${outputs.metrics}"
outputs = { metrics = "metrics.json" }
"#,
    );
    project.pipeline_with(&["run", "pipelines/p.toml"]).ok();
    let record = project.pipeline_with(&["show", "latest", "--json"]).ok().json();
    assert_eq!(record["stages"][0]["matrix"], json!({ "name": "a,b", "size": [16, 32] }));
    let names: Vec<Value> = rows(&project, &[]).iter().map(|row| row["matrix.name"].clone()).collect();
    assert_eq!(names, ["1", "a,b", "c=d"]);
    assert_eq!(rows(&project, &["--filter", "name = c=d"]).len(), 1);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let project = with(
        r#"
[params]
x = 1

[stages.m]
kind    = "command"
run     = "sh emit.sh '{\"acc\":1}' ${outputs.metrics} ${params.x}"
outputs = { metrics = "metrics.json" }
"#,
    );
    project.run(&[]).ok();
    project.run(&["--set", "x=\u{1b}[31mred\u{7}"]).ok();
    for command in [&["compare"][..], &["runs"], &["show", "latest"]] {
        let shown = project.pipeline_with(command).ok().stdout;
        let table = shown.replace('\n', "");
        assert!(!table.contains(char::is_control), "{command:?}: {shown:?}");
        assert!(shown.contains(r"\u{1b}[31mred"), "{command:?}: {shown}");
    }
    let filtered = rows(&project, &["--filter", "x ~ red", "--columns", "x"]);
    assert_eq!(filtered[0]["m.x"], "\u{1b}[31mred\u{7}", "files have it as it is");
}
