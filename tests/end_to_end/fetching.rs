//! `fetch` stages that are stopped, killed and refused.

use crate::{archives, project};
use std::{fs, path::PathBuf, process::Stdio, sync::Arc, thread};
use testkit::{Answer, Project, Server};

/// How much of the archive the server sends at first, before it falls silent.
const FIRST_PART: usize = 40_000;

/// A project with a fetch stage and one that packs what it brings, and the server, which falls silent once.
fn silent_once() -> (Project, Server, Arc<Vec<u8>>) {
    let archive = Arc::new(archives::cifar10(20));
    let body = Arc::clone(&archive);
    let server = Server::start(move |request| match request.number {
        0 => Answer::file(&body, "\"a\"", request).held_after(FIRST_PART),
        _ => Answer::file(&body, "\"a\"", request),
    });
    let project = project();
    project.pipeline(&format!(
        r#"
        [stages.get]
        kind = "fetch"
        url = "{}"
        checksum = "{}"
        [stages.pack]
        kind = "dataset"
        format = "cifar10-binary"
        source = "${{stages.get.path}}"
        "#,
        server.url("/cifar-10-binary.tar.gz"),
        archives::md5(&archive),
    ));
    (project, server, archive)
}

/// Waits until the first part is on disk.
fn wait_for_first_part(project: &Project) {
    let downloads = || fs::read_dir(project.path(".pipeline/stages")).into_iter().flatten().flatten();
    let has_come = |folder: PathBuf| {
        folder.join("partial/download").metadata().is_ok_and(|metadata| metadata.len() == FIRST_PART as u64)
    };
    while !downloads().any(|entry| has_come(entry.path())) {
        thread::yield_now();
    }
}

fn goes_on(project: &Project, server: &Server) {
    assert_eq!(project.run(&[]).ok().executed(), ["get", "pack"]);
    assert_eq!(server.requests()[1].range(), Some(FIRST_PART));
    assert!(project.path("results/p/get/path/cifar-10-batches-bin/test_batch.bin").exists());
    assert!(project.run(&[]).ok().executed().is_empty());
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_killed_download_goes_on_where_it_was() {
    let (project, server, _) = silent_once();
    let mut child = project.start(&[]);
    wait_for_first_part(&project);
    child.kill().unwrap();
    child.wait().unwrap();
    goes_on(&project, &server);
}

#[test]
fn ctrl_c_ends_a_download_though_the_server_says_nothing_and_the_next_run_goes_on() {
    let (project, server, _) = silent_once();
    let mut command = project.command(&["run", "pipelines/p.toml"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for_first_part(&project);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    goes_on(&project, &server);
}

#[test]
fn what_goes_wrong_is_said() {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..7].copy_from_slice(b"../evil");
    header.set_size(0);
    header.set_mode(0o644);
    header.set_cksum();
    let mut archive = tar::Builder::new(Vec::new());
    archive.append(&header, &b""[..]).unwrap();
    let archive = archive.into_inner().unwrap();
    let server = Server::start(move |request| match request.path.as_str() {
        "/evil.tar" => Answer::whole(&archive),
        _ => Answer::status(404),
    });
    let project = project();
    let stage = |url: String| format!("[stages.get]\nkind = \"fetch\"\nurl = \"{url}\"\n");
    project.pipeline(&stage(server.url("/evil.tar")));
    let refused = project.pipeline_with(&["run", "pipelines/p.toml"]).expect_code(1);
    assert!(refused.stderr.contains("`../evil` has `..` in its name"), "{}", refused.stderr);
    assert!(refused.stderr.contains("unpack = false"), "{}", refused.stderr);

    project.pipeline(&stage(server.url("/gone.zip")));
    let gone = project.pipeline_with(&["run", "pipelines/p.toml"]).expect_code(1);
    assert!(gone.stderr.contains("/gone.zip: status 404 Not Found"), "{}", gone.stderr);
}

#[test]
fn without_a_checksum_the_log_says_which_one_it_would_be() {
    let server = Server::start(|_| Answer::whole(b"abc"));
    let project = project();
    project.pipeline(&format!("[stages.get]\nkind = \"fetch\"\nurl = \"{}\"\n", server.url("/x.txt")));
    project.run(&[]).ok();
    assert_eq!(project.read("results/p/get/path"), "abc");
    let run = fs::read_dir(project.path(".pipeline/runs")).unwrap().next().unwrap().unwrap().file_name();
    let log = project.pipeline_with(&["logs", run.to_str().unwrap(), "get"]).ok();
    assert!(log.stdout.contains("sha256:ba7816bf8f01cfea"), "{}", log.stdout);
}
