//! What CONTRIBUTING and ARCHITECTURE promise of the sources, as far as a program can see it.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 50;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The project's files with this ending, by their path from its root, with their text.
fn files(ending: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for top in ["crates", "tests", "docs", "benches", "scripts", "pipelines"] {
        collect(&root().join(top), ending, &mut files);
    }
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        files.extend(name.ends_with(ending).then(|| root().join(name)));
    }
    assert!(!files.is_empty(), "no file ends in {ending}");
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn collect(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, ending, files);
        } else if path.to_str().is_some_and(|name| name.ends_with(ending)) {
            files.push(path);
        }
    }
}

#[track_caller]
fn assert_none(found: &[String], what: &str) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// Lines before the first unit test.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]")
}

#[test]
fn a_file_is_one_subject() {
    let long = files(".rs").into_iter().filter(|(_, text)| code_lines(text).count() > LONGEST_FILE);
    assert_none(&long.map(|(name, _)| name).collect::<Vec<_>>(), "longer than 400 lines without their tests");
}

#[test]
fn a_function_fits_a_screen() {
    let mut long = Vec::new();
    for (name, text) in files(".rs").into_iter().filter(|(name, _)| name.contains("/src/")) {
        // A function begins where its line says so and ends at the brace of the same indentation.
        let mut begun: Option<(usize, usize)> = None;
        for (number, line) in code_lines(&text).enumerate() {
            let indentation = line.len() - line.trim_start().len();
            let words = line.trim_start();
            let is_head = ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn ", "async fn ", "unsafe fn "]
                .iter()
                .any(|head| words.starts_with(head));
            if is_head {
                begun = Some((number, indentation));
            } else if let Some((first, _)) = begun.filter(|(_, outer)| *outer == indentation && words == "}")
            {
                if number - first > LONGEST_FUNCTION {
                    long.push(format!("{name}:{}", first + 1));
                }
                begun = None;
            }
        }
    }
    assert_none(&long, "functions of more than 50 lines");
}

#[test]
fn modules_and_libraries_only_name_their_parts() {
    let is_index = |name: &str| name.ends_with("/mod.rs") || name.ends_with("/lib.rs");
    let logic = files(".rs").into_iter().filter(|(name, _)| name.contains("/src/") && is_index(name));
    let logic = logic.flat_map(|(name, text)| {
        let lines: Vec<String> = code_lines(&text).map(str::to_owned).collect();
        let found = lines.into_iter().enumerate().filter(|(_, line)| {
            let words = line.trim_start();
            words.starts_with("fn ") || (words.starts_with("pub") && words.contains(" fn "))
        });
        found.map(|(number, _)| format!("{name}:{}", number + 1)).collect::<Vec<_>>()
    });
    assert_none(&logic.collect::<Vec<_>>(), "functions in mod.rs or lib.rs");
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for (name, text) in files(".md") {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !link.contains("://") && !folder.join(path).exists() {
                dead.push(format!("{name}: {link}"));
            }
        }
    }
    assert_none(&dead, "links to nothing");
}
