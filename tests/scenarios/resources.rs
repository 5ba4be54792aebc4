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
        assert!(!project.path("noted").exists());
    }
}

#[test]
fn a_training_takes_a_gpu_where_there_is_one_and_none_where_not() {
    for (gpus, expected) in [("7", "train 7\n"), ("", "train \n")] {
        let project = project();
        project.file("train.h5", "data").pipeline(
            r#"
            [stages.train]
            kind = "train"
            train = "train.h5"
            epochs = 1
            lr = 0.1
            model = { stages = [1], filters = [4, 8] }
            "#,
        );
        let log = project.path("starts");
        run(&project, &[], &[("PIPELINE_GPUS", gpus), ("FAKE_WORKER_LOG", log.to_str().unwrap())]).ok();
        assert_eq!(project.read("starts"), expected);
    }
}
