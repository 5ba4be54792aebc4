//! What a worker does with requests, good and bad.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use proto::{OutcomeStatus, StageEvent};
use serde_json::{Value, json};
use spec::Kind;
use std::{fs, process::Command};
use support::{Project, WORKER};

#[test]
fn a_whole_experiment_runs_stage_by_stage() {
    let project = Project::new();
    project.prepare_digits();
    let mut request = project.training("train");
    request.params["epochs"] = json!(8);
    let train = project.stage(&request);
    assert!(train.run().success(), "{}", train.log());
    let events = train.events();
    assert!(matches!(events[0], StageEvent::Started { .. }));
    assert_eq!(events.iter().filter(|event| matches!(event, StageEvent::Epoch { .. })).count(), 8);
    assert!(train.log().contains("epoch 8/8 - lr "), "{}", train.log());
    let outcome = train.outcome().unwrap();
    assert_eq!((outcome.status, outcome.provenance["device"].as_str()), (OutcomeStatus::Succeeded, "cpu"));

    let inputs = [("weights", "train/outputs/weights.safetensors"), ("dataset", "dataset/outputs/test.h5")];
    let evaluate = project.run("evaluate", Kind::Evaluate, json!({"flip": false}), &inputs);
    let metrics: Value = serde_json::from_slice(&evaluate.outputs()["metrics.json"]).unwrap();
    assert!(metrics["rank1"].as_f64().unwrap() > 0.5, "{metrics}");
    assert!(metrics["rank5"].as_f64().unwrap() > metrics["rank1"].as_f64().unwrap());
}

#[test]
fn the_same_training_elsewhere_gives_the_same_bytes() {
    let project = Project::new();
    project.prepare_digits();
    let outputs = |name: &str| {
        let mut request = project.training(name);
        (request.threads, request.params["epochs"]) = (2, json!(1));
        request.checkpoints = project.path(&format!("{name}-checkpoints"));
        let stage = project.stage(&request);
        assert!(stage.run().success(), "{}", stage.log());
        stage.outputs()
    };
    assert!(outputs("one") == outputs("another"));
}

/// Runs a request that must fail; returns error and hints.
fn fail(project: &Project, request: &proto::StageRequest) -> (String, Vec<String>) {
    let stage = project.stage(request);
    assert_eq!(stage.run().code(), Some(1));
    let (status, error, hints) = stage.failure();
    assert_eq!(status, OutcomeStatus::Failed);
    assert!(stage.log().contains("error: "), "{}", stage.log());
    (error, hints)
}

#[test]
fn what_cannot_be_done_is_an_outcome_with_reason() {
    let project = Project::new();
    let means = |dataset| project.request("stage", Kind::Means, json!({}), &[("dataset", dataset)]);

    let (error, _) = fail(&project, &means("absent.h5"));
    assert!(error.starts_with("cannot open ") && error.contains("absent.h5: No such file"), "{error}");

    fs::write(project.path("text.h5"), "no HDF5").unwrap();
    let (error, _) = fail(&project, &means("text.h5"));
    assert!(error.contains("text.h5"), "{error}");

    let (error, _) = fail(&project, &project.request("stage", Kind::Means, json!({}), &[]));
    assert_eq!(error, "request.json: input `dataset` is missing");

    let (error, _) = fail(
        &project,
        &project.request("stage", Kind::Means, json!({"mode": "median"}), &[("dataset", "text.h5")]),
    );
    assert!(error.contains("unknown variant `median`"), "{error}");

    let (error, _) = fail(&project, &project.request("stage", Kind::Command, json!({}), &[]));
    assert!(error.contains("`command` is not this program's to do"), "{error}");

    let mut newer = means("text.h5");
    newer.format += 1;
    let (error, _) = fail(&project, &newer);
    assert!(error.contains("install both programs anew"), "{error}");

    let mut elsewhere = means("text.h5");
    elsewhere.device = "cuda:99".to_owned();
    let (error, hints) = fail(&project, &elsewhere);
    assert!(
        error.starts_with("device `cuda:99`: ") && hints[0].contains("pipeline doctor"),
        "{error} {hints:?}"
    );
}

#[test]
fn a_request_that_is_no_json_is_an_outcome_too() {
    let project = Project::new();
    let stage = project.stage(&project.request("stage", Kind::Means, json!({}), &[]));
    fs::write(stage.folder.join(proto::files::REQUEST), "{").unwrap();
    assert_eq!(stage.run().code(), Some(1));
    assert!(stage.failure().1.starts_with("request.json: "));
}

#[test]
fn info_is_one_line_of_json() {
    let output = Command::new(WORKER).arg("info").output().unwrap();
    let info: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(info["libtorch"].as_str().unwrap().starts_with("2."), "{info}");
    assert!(info["devices"].as_array().unwrap().contains(&json!("cpu")), "{info}");
}

#[test]
fn wrong_arguments_are_answered_with_the_usage() {
    let output = Command::new(WORKER).arg("walk").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("usage: "));
}
