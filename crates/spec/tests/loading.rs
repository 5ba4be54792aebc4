//! Files on disk: where the project is, what is missing, what cannot be read.

#![allow(clippy::unwrap_used)]

use serde_json::json;
use spec::{Pipeline, Source};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

const NOTE: &str =
    "[stages.note]\nkind = 'command'\nrun = 'cat ${inputs.text}'\ninputs = { text = 'text.md' }\n";

/// A folder with files, each under its path.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn load(folder: &TempDir, file: &str) -> Pipeline {
    spec::load(&folder.path().join(file), &[]).unwrap()
}

fn messages(pipeline: &Pipeline) -> Vec<String> {
    pipeline.missing_sources.iter().map(|error| error.message.clone()).collect()
}

#[test]
fn the_root_is_the_nearest_folder_with_a_mark() {
    for (files, file, root) in [
        (vec!["pipelines/a.toml"], "pipelines/a.toml", ""),
        (vec!["pipelines/deep/er/a.toml"], "pipelines/deep/er/a.toml", ""),
        (vec!["x/.git/HEAD", "x/y/a.toml"], "x/y/a.toml", "x"),
        (vec!["x/.git", "x/y/a.toml"], "x/y/a.toml", "x"),
        (vec!["x/.git/HEAD", "x/y/.pipeline/index", "x/y/a.toml"], "x/y/a.toml", "x/y"),
        (vec!["x/pipelines/b.toml", "x/a.toml"], "x/a.toml", "x"),
    ] {
        let files: Vec<_> = files.into_iter().map(|file| (file, NOTE)).collect();
        let folder = project(&files);
        assert_eq!(spec::find_root(&folder.path().join(file)), folder.path().join(root), "{file}");
    }
}

#[test]
fn the_file_is_named_relative_to_the_root() {
    let folder = project(&[("pipelines/sub/my.pipeline.toml", NOTE), ("text.md", "")]);
    let pipeline = load(&folder, "pipelines/sub/my.pipeline.toml");
    assert_eq!(pipeline.name, "my.pipeline");
    assert_eq!(pipeline.file, Path::new("pipelines/sub/my.pipeline.toml"));
    assert_eq!(pipeline.root, folder.path());
    assert!(pipeline.missing_sources.is_empty());
    let roundabout = load(&folder, "pipelines/../pipelines/sub/my.pipeline.toml");
    assert_eq!(roundabout.file, pipeline.file);
}

#[test]
fn absolute_paths_into_the_project_are_filed_as_relative_ones() {
    let folder = project(&[("text.md", ""), (".git/HEAD", "")]);
    let absolute = folder.path().join("text.md");
    fs::write(folder.path().join("a.toml"), NOTE.replace("text.md", absolute.to_str().unwrap())).unwrap();
    let pipeline = load(&folder, "a.toml");
    assert_eq!(pipeline.stages[0].inputs[0].sources, [Source::Path(PathBuf::from("text.md"))]);
}

#[test]
fn missing_data_comes_with_advice() {
    let dataset = |format: &str, source: &str| {
        let text = format!(
            "[params]\ndata = '{source}'\n[stages.data]\nkind = 'dataset'\nformat = '{format}'\nsource = '${{params.data}}'"
        );
        let folder = project(&[("a.toml", &text)]);
        let missing = load(&folder, "a.toml").missing_sources;
        assert_eq!(missing.len(), 1);
        assert_eq!((missing[0].line, missing[0].column), (2, 8));
        assert_eq!(missing[0].hints, ["`--set data=PATH` names another folder"]);
        missing[0].message.clone()
    };
    let advice = dataset("tiny-imagenet", "data/tiny");
    assert!(
        advice.starts_with("stage `data` reads `data/tiny`, which does not exist: unpack http"),
        "{advice}"
    );
    assert!(dataset("idx", "x/fashion-mnist").contains("apt-get install dataset-fashion-mnist"));
    assert!(dataset("idx", "x").contains("-images-idx3-ubyte"));
    assert!(dataset("cifar10-binary", "x").contains("cifar-10-binary.tar.gz"));
    assert!(dataset("cifar10-python", "x").contains("cifar-10-python.tar.gz"));
    assert!(dataset("image-folder", "x").contains("a class"));
}

#[test]
fn a_missing_path_is_told_once_and_outputs_are_not_missing() {
    let text = format!(
        "{NOTE}[stages.again]\nkind = 'command'\nrun = 'x'\ninputs = {{ a = 'text.md', b = '~/b' }}\n\
         [stages.get]\nkind = 'fetch'\nurl = 'https://example.org/a.zip'\n\
         [stages.data]\nkind = 'dataset'\nformat = 'idx'\nsource = '${{stages.get.path}}/a'"
    );
    let folder = project(&[("a.toml", &text)]);
    let pipeline = load(&folder, "a.toml");
    assert_eq!(
        messages(&pipeline),
        [
            "stage `note` reads `text.md`, which does not exist",
            "stage `again` reads `~/b`, which does not exist"
        ]
    );
    assert_eq!(pipeline.missing_sources[1].hints, ["`~` is not expanded here: write the whole path"]);
    let data = &pipeline.stages[3].inputs[0].sources[0];
    let inside = Some("a".to_owned());
    assert_eq!(data, &Source::Output { stage: "get".into(), output: "path".into(), inside });
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_like_others() {
    let folder = project(&[("a.toml", "")]);
    let file = folder.path().join("b.toml");
    let error = spec::load(&file, &[]).unwrap_err();
    let shown = file.display();
    assert_eq!(
        error.to_string(),
        format!("error: cannot read `{shown}`: there is no such file\n --> {shown}")
    );
    fs::write(folder.path().join("a.toml"), b"x = '\xff'").unwrap();
    let error = spec::load(&folder.path().join("a.toml"), &[]).unwrap_err();
    assert!(error.to_string().contains("byte 5 is not UTF-8"), "{error}");
    assert!(spec::load(folder.path(), &[]).is_err());
}

#[test]
fn missing_sources_are_told_together_with_other_errors() {
    let text =
        "[stages.a]\nkind = 'command'\nrun = 'x ${inputs.i}'\ninputs = { i = 'none.txt' }\nretrys = 1\n";
    let folder = project(&[("a.toml", text)]);
    let errors = spec::load(&folder.path().join("a.toml"), &[]).unwrap_err();
    let told: Vec<_> = errors.iter().map(|error| (error.line, error.message.as_str())).collect();
    let expected = [
        (4, "stage `a` reads `none.txt`, which does not exist"),
        (5, "unknown field `retrys` in a stage of kind `command`"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_name_that_is_there_twice_hides_no_other_error() {
    let folder = project(&[("a.toml", "description = 1\n[params]\na = 1\na = 2\n[stages]\n")]);
    let errors = spec::load(&folder.path().join("a.toml"), &[]).unwrap_err().to_string();
    assert!(errors.contains("`a` is there twice") && errors.contains("expected a string"), "{errors}");
}

#[test]
fn a_byte_order_mark_does_not_shift_places() {
    let folder = project(&[("a.toml", "\u{feff}x = 1\n[stages]")]);
    let error = spec::load(&folder.path().join("a.toml"), &[]).unwrap_err();
    assert!(error.to_string().contains("unknown field `x`"), "{error}");
    assert_eq!(error.first().unwrap().line, 1);
}

#[test]
fn windows_line_ends_do_not_shift_places() {
    let text = "[stages.a]\r\nkind = 'command'\r\nrun = 'x ${params.y}'\r\n";
    let folder = project(&[("a.toml", text)]);
    let error = spec::load(&folder.path().join("a.toml"), &[]).unwrap_err();
    let first = error.first().unwrap();
    assert_eq!((first.line, first.column, first.snippet.as_str()), (3, 10, "run = 'x ${params.y}'"));
}

#[test]
fn errors_are_data() {
    let errors = spec::parse("[stage.a]", Path::new("a.toml"), Path::new("/"), &[]).unwrap_err();
    assert_eq!(
        serde_json::to_value(&errors).unwrap(),
        json!([
            {
                "message": "unknown field `stage` at the top of the file", "file": "a.toml", "line": 1, "column": 2,
                "hints": ["did you mean `stages`?"]
            },
        ])
    );
}

#[test]
fn every_pipeline_of_this_repository_is_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    assert!(!files.is_empty());
    for file in files {
        spec::load(&file, &[]).unwrap_or_else(|errors| panic!("{errors}"));
    }
}
