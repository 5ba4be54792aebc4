//! A worker that keeps the contract of `pipeline-worker` and computes nothing: each output's content follows
//! from the parameters and the input digests, so that equal stages yield equal bytes.
//!
//! `FAKE_WORKER` scripts it, as a list of `STAGE=BEHAVIOUR` separated by spaces: `fail` reports an error,
//! `crash` aborts, `silent` leaves no outcome, `incomplete` leaves out an output, `wait` works until it is told
//! to stop, `epochs` does so after it has told of three. `FAKE_WORKER_LOG` names a file to which each start appends `STAGE CUDA_VISIBLE_DEVICES`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod made_up;

use proto::{CheckpointNames, FORMAT, OutcomeStatus, StageEvent, StageOutcome, StageRequest, files};
use std::{
    collections::BTreeMap,
    env, fs,
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

fn main() {
    let directory = PathBuf::from(env::args().nth(2).expect("usage: fake-worker run STAGE_DIR"));
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&stop)).unwrap();
    let request: StageRequest =
        serde_json::from_slice(&fs::read(directory.join(files::REQUEST)).unwrap()).unwrap();
    note_start(&request);
    println!("fake worker at work on {}", request.stage);
    event(&directory, &StageEvent::Started { device: "cpu".into(), threads: request.threads });
    match behaviour(&request.stage).as_deref() {
        Some("fail") => outcome(&directory, OutcomeStatus::Failed, Some("told to fail")),
        Some("crash") => std::process::abort(),
        Some("silent") => {}
        Some(waits @ ("wait" | "epochs")) => {
            if waits == "epochs" {
                (0..3).for_each(|epoch| event(&directory, &made_up::epoch_event(epoch, 12)));
            }
            event(&directory, &StageEvent::Checkpoint { epoch: 1 });
            while !stop.load(Ordering::Relaxed) {
                rustix::thread::sched_yield();
            }
            outcome(&directory, OutcomeStatus::Interrupted, None);
        }
        other => {
            write_outputs(&request, other == Some("incomplete"));
            outcome(&directory, OutcomeStatus::Succeeded, None);
        }
    }
}

fn behaviour(stage: &str) -> Option<String> {
    let script = env::var("FAKE_WORKER").ok()?;
    let found = script.split(' ').filter_map(|entry| entry.rsplit_once('=')).find(|(name, _)| *name == stage);
    found.map(|(_, behaviour)| behaviour.into())
}

fn note_start(request: &StageRequest) {
    let Ok(path) = env::var("FAKE_WORKER_LOG") else { return };
    let line = format!("{} {}\n", request.stage, env::var("CUDA_VISIBLE_DEVICES").unwrap_or_default());
    append(Path::new(&path), line.as_bytes());
}

fn event(directory: &Path, event: &StageEvent) {
    let mut line = serde_json::to_vec(event).unwrap();
    line.push(b'\n');
    append(&directory.join(files::EVENTS), &line);
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// The seconds of a run and its checkpoints must not show in an output; everything in the key does.
fn write_outputs(request: &StageRequest, leave_one_out: bool) {
    let mut params = request.params.clone();
    if let Some(params) = params.as_object_mut() {
        params.remove("checkpoint_every");
    }
    let digests: BTreeMap<&String, Vec<&String>> = request
        .inputs
        .iter()
        .map(|(name, files)| (name, files.iter().map(|file| &file.digest).collect()))
        .collect();
    let content = serde_json::json!({ "kind": request.kind, "params": params, "inputs": digests });
    let score = f64::from(blake3::hash(content.to_string().as_bytes()).as_bytes()[0]) / 255.0;
    for (name, path) in request.outputs.iter().skip(usize::from(leave_one_out)) {
        let bytes = match name.as_str() {
            "metrics" => serde_json::json!({ "score": score, "rank1": score }).to_string(),
            "history" => made_up::history(&request.params, score).to_string(),
            "confusion" => made_up::confusion(score),
            _ => serde_json::json!({ "output": name, "of": content }).to_string(),
        };
        fs::write(path, bytes).unwrap();
    }
}

fn outcome(directory: &Path, status: OutcomeStatus, error: Option<&str>) {
    let outcome = StageOutcome {
        format: FORMAT,
        status,
        error: error.map(String::from),
        hints: Vec::new(),
        provenance: BTreeMap::from([("device".into(), "fake".into())]),
        checkpoints: CheckpointNames::default(),
    };
    let partial = directory.join("outcome.partial");
    fs::write(&partial, serde_json::to_vec(&outcome).unwrap()).unwrap();
    fs::rename(partial, directory.join(files::OUTCOME)).unwrap();
}
