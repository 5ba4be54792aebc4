//! Stage directories for a real worker process, on the embedded digits at their own 8×8 pixels.

#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use proto::{OutcomeStatus, RequestInput, StageEvent, StageOutcome, StageRequest};
use serde_json::Value;
use spec::Kind;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

pub const WORKER: &str = env!("CARGO_BIN_EXE_pipeline-worker");

/// A folder of stage directories that share checkpoints.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A request for the stage directory `name`; inputs are paths below this folder, or absolute ones.
    pub fn request(&self, name: &str, kind: Kind, params: Value, inputs: &[(&str, &str)]) -> StageRequest {
        let output = |rule: &spec::kinds::OutputRule| {
            (rule.name.to_owned(), self.path(name).join("outputs").join(rule.file))
        };
        let input = |&(input, path): &(&str, &str)| {
            let path = self.path(path);
            let digest = fs::read(&path).map(|content| blake3::hash(&content).to_hex().to_string());
            (input.to_owned(), vec![RequestInput { path, digest: digest.unwrap_or_default() }])
        };
        StageRequest {
            format: proto::FORMAT,
            pipeline: "digits".to_owned(),
            stage: name.to_owned(),
            kind,
            params,
            inputs: inputs.iter().map(input).collect(),
            outputs: kind.outputs().iter().map(output).collect(),
            root: self.folder.path().to_owned(),
            checkpoints: self.path("checkpoints"),
            partial: self.path(name).join("partial"),
            device: "cpu".to_owned(),
            threads: 1,
            provenance: BTreeMap::new(),
        }
    }

    /// Makes the stage directory of a request.
    pub fn stage(&self, request: &StageRequest) -> Stage {
        let folder = self.path(&request.stage);
        fs::create_dir_all(folder.join("outputs")).unwrap();
        fs::write(folder.join(proto::files::REQUEST), serde_json::to_vec(request).unwrap()).unwrap();
        Stage { folder }
    }

    /// Runs a stage that must succeed.
    pub fn run(&self, name: &str, kind: Kind, params: Value, inputs: &[(&str, &str)]) -> Stage {
        let stage = self.stage(&self.request(name, kind, params, inputs));
        let status = stage.run();
        assert!(status.success(), "{name}: {:?}\n{}", stage.outcome(), stage.log());
        stage
    }

    /// Packs the digits and computes their means.
    pub fn prepare_digits(&self) {
        let digits = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/digits");
        let params = serde_json::json!({"format": "idx", "val_fraction": 0.1, "test_fraction": 0.1});
        self.run("dataset", Kind::Dataset, params, &[("source", digits)]);
        self.run("means", Kind::Means, serde_json::json!({}), &[("dataset", "dataset/outputs/train.h5")]);
    }

    /// A request for a short training on the digits.
    pub fn training(&self, name: &str) -> StageRequest {
        let model = serde_json::json!({"stages": [1], "filters": [8, 32]});
        let params = serde_json::json!({
            "model": model, "lr": 0.1, "epochs": 4, "batch_size": 64, "augment": {"shift": 0.1}, "checkpoint_every": 3,
        });
        let inputs = [
            ("train", "dataset/outputs/train.h5"),
            ("val", "dataset/outputs/val.h5"),
            ("means", "means/outputs/means.json"),
        ];
        self.request(name, Kind::DecayTrain, params, &inputs)
    }
}

/// One stage directory.
pub struct Stage {
    pub folder: PathBuf,
}

impl Stage {
    /// Starts the worker.
    pub fn spawn(&self) -> Child {
        let log = File::create(self.folder.join(proto::files::LOG)).unwrap();
        Command::new(WORKER).arg("run").arg(&self.folder).stdin(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// Runs the worker to its end.
    pub fn run(&self) -> ExitStatus {
        self.spawn().wait().unwrap()
    }

    /// Runs the worker and shows each event to `watch` as it comes, together with the process. Returns how
    /// it ended, once it has.
    pub fn run_watched(&self, mut watch: impl FnMut(&StageEvent, &Child)) -> ExitStatus {
        let events = self.folder.join(proto::files::EVENTS);
        let _ = fs::remove_file(&events);
        assert!(Command::new("mkfifo").arg(&events).status().unwrap().success());
        let mut worker = self.spawn();
        for line in BufReader::new(File::open(&events).unwrap()).lines() {
            watch(&serde_json::from_str(&line.unwrap()).unwrap(), &worker);
        }
        worker.wait().unwrap()
    }

    pub fn outcome(&self) -> Option<StageOutcome> {
        let text = fs::read(self.folder.join(proto::files::OUTCOME)).ok()?;
        Some(serde_json::from_slice(&text).unwrap())
    }

    /// The outcome's status, error and hints.
    pub fn failure(&self) -> (OutcomeStatus, String, Vec<String>) {
        let outcome = self.outcome().unwrap();
        (outcome.status, outcome.error.unwrap_or_default(), outcome.hints)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join(proto::files::LOG)).unwrap_or_default()
    }

    pub fn events(&self) -> Vec<StageEvent> {
        let text = fs::read_to_string(self.folder.join(proto::files::EVENTS)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All outputs by their paths in the folder of outputs.
    pub fn outputs(&self) -> BTreeMap<String, Vec<u8>> {
        read_files(&self.folder.join("outputs"))
    }
}

fn read_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let inside = read_files(&entry.path());
            files.extend(inside.into_iter().map(|(path, bytes)| (format!("{name}/{path}"), bytes)));
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    files
}
