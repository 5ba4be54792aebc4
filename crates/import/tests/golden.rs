//! DVC projects under `fixtures/` and what becomes of them. `INSTA_UPDATE=always` writes the snapshots anew.
#![allow(clippy::unwrap_used, missing_docs)]

use import::{Imported, import};
use std::path::PathBuf;

fn imported(fixture: &str) -> (PathBuf, Imported) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
    let imported = import(&root.join("dvc.yaml"), &root.join("pipelines/p.toml"), &root);
    let imported = imported.unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    (root, imported)
}

/// The file, and below it what is told to people.
fn shown(fixture: &str) -> String {
    let (root, imported) = imported(fixture);
    let prefix = format!("{}/", root.display());
    let notes = imported.notes.iter().map(|note| {
        let hint = note.hint.iter().map(|hint| format!("\n#>   hint: {hint}")).collect::<String>();
        format!("#> {}:{}: {}{hint}\n", note.file.replace(&prefix, ""), note.line, note.message)
    });
    format!("{}\n{}", imported.text, notes.collect::<String>())
}

#[test]
fn the_get_started_pipeline() {
    insta::assert_snapshot!(shown("get_started"));
}

#[test]
fn foreach() {
    insta::assert_snapshot!(shown("foreach"));
}

#[test]
fn matrix() {
    insta::assert_snapshot!(shown("matrix"));
}

#[test]
fn templating_with_vars() {
    insta::assert_snapshot!(shown("templating"));
}

#[test]
fn working_directories_and_formats_of_parameters() {
    insta::assert_snapshot!(shown("layout"));
}

#[test]
fn what_is_not_carried_over_is_told() {
    insta::assert_snapshot!(shown("odds"));
}

#[test]
fn every_stage_waits_for_what_it_reads() {
    for (fixture, edges) in [
        ("get_started", &[("featurize", "prepare"), ("train", "featurize"), ("evaluate", "train")][..]),
        ("foreach", &[("evaluate@epochs=10,key=us,thresh=15", "train@epochs=10,key=us,thresh=15")]),
        ("matrix", &[("select", "evaluate@feature=f2,model=xgb")]),
        ("layout", &[("second", "first"), ("third", "first")]),
    ] {
        let (root, imported) = imported(fixture);
        let pipeline = spec::parse(&imported.text, &root.join("pipelines/p.toml"), &root, &[]).unwrap();
        for (reader, maker) in edges {
            let stage = pipeline.stages.iter().find(|stage| stage.name == *reader);
            let sources = stage
                .unwrap_or_else(|| panic!("no `{reader}` in {fixture}"))
                .inputs
                .iter()
                .flat_map(|input| &input.sources);
            let mut makers = sources.filter_map(|source| match source {
                spec::Source::Output { stage, .. } => Some(stage.as_str()),
                spec::Source::Path(_) => None,
            });
            assert!(makers.any(|stage| stage == *maker), "{fixture}: `{reader}` does not wait for `{maker}`");
        }
    }
}
