//! The pieces of pipeline files in README and docs: all of their fields are known and fit.

#![allow(clippy::unwrap_used)]

mod support;

use std::{fs, path::Path};
use support::parse;

/// The TOML blocks of a document that speak of stages.
fn blocks(document: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document);
    let text = fs::read_to_string(path).unwrap();
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    let blocks: Vec<_> = blocks.filter(|block| block.contains("[stages.")).collect();
    assert!(!blocks.is_empty(), "{document} shows no stage");
    blocks
}

#[test]
fn the_example_of_the_readme_is_whole() {
    for block in blocks("README.md") {
        let pipeline = parse(&block, &[]).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(support::names(&pipeline), ["dataset", "train", "report"]);
    }
}

/// A piece may leave out the rest of the file, and what an included file brings.
#[test]
fn the_pieces_in_the_reference_have_no_other_fault_than_that_they_are_pieces() {
    for block in blocks("docs/pipeline-file.md") {
        let Err(errors) = parse(&block, &[]) else { continue };
        let errors = errors.to_string();
        let is_of_a_piece = |line: &&str| {
            [" needs `", "unknown stage `", "which does not exist", "pipelines/common/cifar10.toml"]
                .iter()
                .any(|part| line.contains(part))
        };
        let others: Vec<_> = errors
            .lines()
            .filter(|line| line.starts_with("error: "))
            .filter(|line| !is_of_a_piece(line))
            .collect();
        assert!(others.is_empty(), "{others:#?}\nin\n{block}");
    }
}
