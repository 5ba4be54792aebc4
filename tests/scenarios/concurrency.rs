//! Two runs at once (behaviours 6 and 10).

use crate::{
    chain,
    interruption::{make_gate, open_gate, signal, wait_for_start},
    project,
};
use std::process::{Child, Stdio};
use testkit::{Project, Ran};

#[test]
fn two_runs_of_one_pipeline_execute_each_stage_once() {
    let project = chain();
    project.edit("pipelines/p.toml", "cat $1 > $2", "cat $1 > $2; echo first >> executed.log");
    project.edit("pipelines/p.toml", "wc -c < $1 > $2", "wc -c < $1 > $2; echo third >> executed.log");
    let runs: Vec<_> = (0..3).map(|_| project.start(&[])).collect();
    for run in runs {
        Ran::from(run.wait_with_output().unwrap()).ok();
    }
    let log = project.read("executed.log");
    assert_eq!((log.matches("first").count(), log.matches("third").count()), (1, 1), "{log}");
    assert_eq!(project.run(&[]).ok().stages_with("fresh").len(), 4);
}

#[test]
fn two_runs_with_different_settings_both_succeed() {
    let project = chain();
    let one = project.start(&["--set", "word=uno"]);
    let two = project.start(&["--set", "word=due"]);
    for run in [one, two] {
        Ran::from(run.wait_with_output().unwrap()).ok();
    }
    for word in ["uno", "due"] {
        assert!(project.run(&["--set", &format!("word={word}")]).ok().executed().is_empty());
        assert_eq!(project.read("results/p/second/second.txt"), format!("abc{word}\n"));
    }
}

/// Two pipelines with a stage each that the mutex keeps apart: `p` notes when it starts, waits at a gate and notes
/// when it ends. `q` has a stage more, which needs nothing and runs `free`.
fn kept_apart(free: &str) -> Project {
    let project = project();
    let stage = |name: &str, command: &str, fields: &str| {
        format!(
            "[stages.{name}]\nkind = 'command'\nrun = \"sh -c '{command}; echo {name} > $1' - ${{outputs.o}}\"\n\
             outputs = {{ o = 'o.txt' }}\n{fields}\n"
        )
    };
    let gated = "echo start p >> noted; read line < gate; echo end p >> noted";
    project.pipeline(&stage("held", gated, "mutex = 'm'"));
    let guarded = stage("guarded", "echo start q >> noted; echo end q >> noted", "mutex = 'm'");
    project.file("pipelines/q.toml", guarded + &stage("free", free, ""));
    make_gate(&project);
    project
}

fn start(project: &Project, file: &str) -> Child {
    let mut command = project.command(&["run", file, "--json"]);
    command.env("PIPELINE_CPUS", "8").env("PIPELINE_GPUS", "0,1");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(run: Child) -> Ran {
    run.wait_with_output().unwrap().into()
}

#[test]
fn a_mutex_keeps_the_stages_of_two_runs_apart() {
    // The gate is opened by a stage that starts after the guarded one was looked at.
    let project = kept_apart("echo go > gate");
    let mut holder = start(&project, "pipelines/p.toml");
    let _lines = wait_for_start(&mut holder, "held");
    ended(start(&project, "pipelines/q.toml")).ok();
    assert_eq!(holder.wait().unwrap().code(), Some(0));
    assert_eq!(project.read("noted"), "start p\nend p\nstart q\nend q\n");
}

#[test]
fn a_run_that_waits_for_another_can_be_stopped() {
    let project = kept_apart("true");
    let mut holder = start(&project, "pipelines/p.toml");
    let _lines = wait_for_start(&mut holder, "held");
    let mut waiting = start(&project, "pipelines/q.toml");
    let _rest = wait_for_start(&mut waiting, "free");
    signal(&waiting, "INT");
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
    open_gate(&project);
    assert_eq!(holder.wait().unwrap().code(), Some(0));
    assert_eq!(project.read("noted"), "start p\nend p\n");
}

#[test]
fn two_runs_at_once_have_gpus_of_their_own() {
    let project = project();
    for (name, meet) in [("p", "echo p > there; read line < back"), ("q", "read line < there; echo q > back")]
    {
        let pipeline = format!(
            "[stages.s]\nkind = 'command'\ntimeout = '2m'\nresources = {{ gpus = 1 }}\noutputs = {{ o = 'o.txt' }}\n\
             run = \"sh -c '{meet}; echo {name} $CUDA_VISIBLE_DEVICES > $1' - ${{outputs.o}}\"\n"
        );
        project.file(&format!("pipelines/{name}.toml"), pipeline);
    }
    let pipes = ["there", "back"].map(|pipe| project.path(pipe));
    assert!(std::process::Command::new("mkfifo").args(pipes).status().unwrap().success());
    // Each waits for the other, so both are at work at once.
    for run in ["p", "q"].map(|name| start(&project, &format!("pipelines/{name}.toml"))) {
        ended(run).ok();
    }
    let device = |name: &str| project.read(&format!("results/{name}/s/o.txt")).trim()[2..].to_owned();
    let mut devices = ["p", "q"].map(device);
    devices.sort();
    assert_eq!(devices, ["0", "1"]);
}

/// It would wait for itself.
#[test]
fn a_run_within_a_stage_may_use_what_the_stage_holds() {
    let project = project();
    let program = env!("CARGO_BIN_EXE_pipeline");
    let stage = |run: &str| {
        format!(
            "[stages.s]\nkind = 'command'\nrun = '''{run}'''\nmutex = 'm'\nresources = {{ gpus = 1 }}\ncache = false\n"
        )
    };
    project.file("pipelines/p.toml", stage(&format!("{program} run pipelines/q.toml")));
    project.file("pipelines/q.toml", stage("true"));
    let mut command = project.command(&["run", "pipelines/p.toml", "--json"]);
    testkit::Ran::from(command.env("PIPELINE_GPUS", "0").output().unwrap()).ok();
}
