//! Every file of `tests/broken/` beside what is said about it.

#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

#[test]
fn errors_are_rendered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(files.len() > 10);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let name = file.file_name().unwrap();
            let errors = spec::parse(&text, Path::new(name), &folder, &overrides(&text)).unwrap_err();
            insta::assert_snapshot!(file.file_stem().unwrap().to_str().unwrap(), errors);
        }
    });
}

/// The `# --set NAME=VALUE` lines at the top of a file.
fn overrides(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map_while(|line| line.strip_prefix("# --set "));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}
