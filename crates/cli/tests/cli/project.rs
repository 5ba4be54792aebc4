use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// A project of its own in a temporary folder, with a pipeline of commands.
pub struct Project {
    folder: TempDir,
}

/// What a command line did.
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

const PIPELINE: &str = r#"
description = "Counts words and scores them"

[params]
lr = 0.1

[stages.words]
kind = "command"
run = "cp ${inputs.text} ${outputs.words}"
inputs = { text = "text.txt" }
outputs = { words = "words.txt" }

[stages.score]
kind = "command"
shell = true
run = 'echo scoring; echo "{\"accuracy\": ${params.lr}, \"loss\": 0.5}" > ${outputs.metrics} && test -s ${inputs.words}'
inputs = { words = "${stages.words.words}" }
outputs = { metrics = "metrics.json" }

[metrics]
"score.accuracy" = { goal = "max", label = "accuracy", percent = true }

[[references]]
name = "published"
metrics = { "score.accuracy" = 0.9 }
"#;

/// The pipeline file of every new project, as it is named on the command line.
pub const FILE: &str = "pipelines/words.toml";

impl Project {
    pub fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        project.write(FILE, PIPELINE);
        project.write("text.txt", "one two three\n");
        project
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(file)).unwrap();
        assert!(text.contains(from), "{from} is not in {file}");
        self.write(file, &text.replace(from, to));
    }

    /// Runs the binary in the project.
    pub fn pipeline(&self, arguments: &[&str]) -> Outcome {
        let Output { status, stdout, stderr } =
            self.command(arguments).stdin(Stdio::null()).output().unwrap();
        Outcome {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline"));
        command.args(arguments).current_dir(self.path()).env_remove("COLUMNS").env("NO_COLOR", "1");
        command
    }

    /// Runs the binary, which must succeed, and returns what it printed.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let outcome = self.pipeline(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
        outcome.stdout
    }
}

impl Outcome {
    /// Stdout as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Stdout as one JSON document a line.
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(parse).collect()
    }
}
