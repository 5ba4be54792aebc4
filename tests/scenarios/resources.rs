//! Limits that hold at every instant, observed from inside the stages (behaviour 6).

use crate::project;
use testkit::{Project, Ran};

/// `count` stages that each note their start and end, and wait in between for a while of real work.
fn noted(count: usize, fields: &str) -> Project {
    let project = project();
    let stages: String = (0..count)
        .map(|number| {
            format!(
                r#"
                [stages.s{number}]
                kind = "command"
                run = "sh -c 'echo start $CUDA_VISIBLE_DEVICES >> noted; seq 20000 | sort -R > /dev/null; echo end $CUDA_VISIBLE_DEVICES >> noted; echo {number} > $1' - ${{outputs.o}}"
                outputs = {{ o = "o.txt" }}
                {fields}
                "#
            )
        })
        .collect();
    project.pipeline(&stages);
    project
}

/// The most stages that were at work at once.
fn most_at_once(project: &Project) -> i32 {
    let (mut now, mut most) = (0, 0);
    for line in project.read("noted").lines() {
        now += if line.starts_with("start") { 1 } else { -1 };
        most = most.max(now);
    }
    most
}

fn run(project: &Project, arguments: &[&str], machine: &[(&str, &str)]) -> Ran {
    let mut all = vec!["run", "pipelines/p.toml", "--json"];
    all.extend(arguments);
    project.command(&all).envs(machine.iter().copied()).output().unwrap().into()
}

#[test]
fn jobs_cap_the_stages_at_once() {
    let project = noted(6, "");
    run(&project, &["-j", "2"], &[("PIPELINE_CPUS", "8")]).ok();
    assert_eq!(most_at_once(&project), 2);
}

#[test]
fn processors_are_not_given_out_twice() {
    let project = noted(6, "resources = { cpus = 2 }");
    run(&project, &[], &[("PIPELINE_CPUS", "4")]).ok();
    assert!(most_at_once(&project) <= 2);
}

#[test]
fn a_mutex_keeps_stages_apart() {
    let project = noted(4, "mutex = \"disk\"");
    run(&project, &[], &[("PIPELINE_CPUS", "8")]).ok();
    assert_eq!(most_at_once(&project), 1);
}

#[test]
fn gpus_are_handed_out_one_by_one_and_never_shared() {
    let project = noted(6, "resources = { gpus = 1 }");
    run(&project, &[], &[("PIPELINE_CPUS", "8"), ("PIPELINE_GPUS", "3,5")]).ok();
    let mut held = std::collections::HashSet::new();
    for line in project.read("noted").lines() {
        let (what, device) = line.split_once(' ').unwrap();
        assert!(["3", "5"].contains(&device), "{line}");
        match what {
            "start" => assert!(held.insert(device.to_owned()), "{device} was given out twice"),
            _ => assert!(held.remove(device)),
        }
    }
}

#[test]
fn what_the_machine_can_never_give_is_refused_before_anything_runs() {
    for (fields, named) in [("gpus = 9", "gpus"), ("cpus = 999", "cpus"), ("memory = \"9999 GiB\"", "memory")]
    {
        let project = noted(1, &format!("resources = {{ {fields} }}"));
        let refused = run(&project, &[], &[("PIPELINE_CPUS", "8"), ("PIPELINE_GPUS", "")]).expect_code(3);
        let error = refused.json();
        assert!(error["error"]["message"].as_str().unwrap().contains(named), "{error}");
        let mut plan = project.command(&["plan", "pipelines/p.toml", "--json"]);
        plan.env("PIPELINE_CPUS", "8").env("PIPELINE_GPUS", "");
        assert_eq!(Ran::from(plan.output().unwrap()).expect_code(3).json(), error, "the plan says the same");
        assert!(!project.path("noted").exists());
    }
}

#[test]
fn a_training_takes_a_gpu_where_there_is_one_and_none_where_not() {
    for (gpus, expected) in [("7", "train 7\n"), ("", "train \n")] {
        let project = project();
        project.file("train.h5", "data").pipeline(TRAINING);
        let log = project.path("starts");
        run(&project, &[], &[("PIPELINE_GPUS", gpus), ("FAKE_WORKER_LOG", log.to_str().unwrap())]).ok();
        assert_eq!(project.read("starts"), expected);
    }
}

#[test]
fn a_device_that_is_there_is_the_only_one_used_and_one_that_is_not_is_refused() {
    for (device, gpus, expected) in [
        ("cuda:1", "3,5", Some("train 5\n")),
        ("cuda", "3,5", Some("train 3\n")),
        ("cuda:2", "3,5", None),
        ("cuda", "", None),
    ] {
        let project = project();
        project.file("train.h5", "data").pipeline(TRAINING);
        let log = project.path("starts");
        let machine = [("PIPELINE_GPUS", gpus), ("FAKE_WORKER_LOG", log.to_str().unwrap())];
        let ran = run(&project, &["--device", device], &machine);
        match expected {
            Some(started) => {
                ran.ok();
                assert_eq!(project.read("starts"), started, "{device} of {gpus}");
            }
            None => assert!(ran.expect_code(3).json()["error"]["message"].is_string(), "{device} of {gpus}"),
        }
    }
}

#[test]
fn among_ready_stages_the_one_with_the_longest_path_behind_it_goes_first() {
    let project = project();
    let stage = |name: &str, inputs: &str| {
        format!(
            "[stages.{name}]\nkind = 'command'\ninputs = {{ {inputs} }}\noutputs = {{ o = 'o.txt' }}\n\
             run = \"sh -c 'echo {name} >> order; echo {name} > $1' - ${{outputs.o}}\"\n"
        )
    };
    let stages = [
        stage("short", ""),
        stage("long", ""),
        stage("long2", "i = '${stages.long.o}'"),
        stage("long3", "i = '${stages.long2.o}'"),
        stage("middle", ""),
        stage("middle2", "i = '${stages.middle.o}'"),
    ];
    project.pipeline(&stages.concat());
    run(&project, &["-j", "1"], &[]).ok();
    assert_eq!(project.read("order"), "long\nlong2\nmiddle\nshort\nlong3\nmiddle2\n");
}

const TRAINING: &str = r#"
[stages.train]
kind   = "train"
train  = "train.h5"
epochs = 1
lr     = 0.1
model  = { stages = [1], filters = [4, 8] }
"#;
