use serde_json::Value;
use std::{collections::BTreeMap, process::Output};

/// What a finished `pipeline` printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What was asked for.
    pub stdout: String,
    /// What was said to people.
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Fails unless it ended with this code; shows what it said.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless it ended with code 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.expect_code(0)
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in\n{}", self.stdout))
    }

    /// Standard output as one JSON value a line.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in\n{line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The outcome of each stage by name, from the last event of `run --json`.
    #[track_caller]
    pub fn outcomes(&self) -> BTreeMap<String, String> {
        let last = self.events().pop().unwrap_or_else(|| panic!("no events; stderr:\n{}", self.stderr));
        assert_eq!(last["event"], "run-finished", "the last event was {last}");
        let stages = last["stages"].as_object().unwrap();
        stages.iter().map(|(name, stage)| (name.clone(), stage["outcome"].as_str().unwrap().into())).collect()
    }

    /// The names of the stages that ended in this way, sorted.
    #[track_caller]
    pub fn stages_with(&self, outcome: &str) -> Vec<String> {
        self.outcomes().into_iter().filter(|(_, found)| found == outcome).map(|(name, _)| name).collect()
    }

    /// The names of the stages that ran, sorted.
    #[track_caller]
    pub fn executed(&self) -> Vec<String> {
        self.stages_with("executed")
    }
}
