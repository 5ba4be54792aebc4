//! The page as a server shows it.

use crate::experiments::project;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
};
use testkit::{Browser, Project};

/// `pipeline serve`, ended with the value.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn new(project: &Project) -> Self {
        let mut process = project
            .command(&["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { process, address: address.trim().to_owned() }
    }

    fn host(&self) -> &str {
        self.address.trim_start_matches("http://").trim_end_matches('/')
    }

    /// The whole answer to a request line.
    fn ask(&self, request: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(self.host()).unwrap();
        stream.write_all(format!("{request} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn interrupt(process: &Child) {
    let id = rustix::process::Pid::from_child(process);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
}

#[test]
fn a_run_at_work_is_followed() {
    let Some(mut browser) = Browser::start() else { return };
    let project = project();
    let served = Served::new(&project);
    browser.open(&served.address);
    assert_eq!(browser.value("document.querySelector('#at-work').hidden"), true);

    let mut run = project.command(&["run", "pipelines/p.toml", "--json"]);
    let mut run =
        run.env("FAKE_WORKER", "train=epochs").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    browser.wait_until("!document.querySelector('#at-work').hidden");
    browser.wait_until("document.querySelectorAll('.plot path.line').length === 4");
    browser.wait_until("document.querySelector('#at-work').innerText.includes('epoch 3/12')");
    let states = "[...document.querySelectorAll('.graph .node')].map((node) => node.classList[1]).join()";
    browser.wait_until(&format!("{states} === 'executed,executed,running,waiting'"));

    interrupt(&run);
    assert_eq!(run.wait().unwrap().code(), Some(130));
    browser.wait_until("document.querySelector('#at-work').hidden");
    project.run(&[]).ok();
    browser.wait_until("document.querySelectorAll('#table tbody tr').length === 2");
    assert_eq!(browser.problems(), Vec::<String>::new());
    let elsewhere = |asked: &String| !asked.starts_with(&served.address) && !asked.starts_with("data:");
    assert_eq!(browser.requests().into_iter().filter(elsewhere).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn only_this_machine_may_ask_and_only_for_the_page() {
    let project = project();
    project.run(&[]).ok();
    let served = Served::new(&project);
    let host = served.host().to_owned();
    let page = served.ask("GET /", &host);
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("</html>\n"), "{}", &page[..200]);
    assert!(page.contains("\r\nContent-Security-Policy: default-src 'none'"));
    assert!(served.ask("GET /live.json", &host).starts_with("HTTP/1.1 200 "));
    assert!(served.ask("HEAD /", &host).ends_with("\r\n\r\n"));
    assert!(served.ask("GET /", "evil.example").starts_with("HTTP/1.1 403 "));
    for path in ["/../Cargo.toml", "/%2e%2e/x", "//etc/passwd", "/.pipeline/format", "/pipelines/p.toml"] {
        assert!(served.ask(&format!("GET {path}"), &host).starts_with("HTTP/1.1 404 "), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert!(served.ask(&format!("{method} /"), &host).starts_with("HTTP/1.1 405 "), "{method}");
    }
}

#[test]
fn being_told_to_stop_is_how_it_ends() {
    let project = project();
    let mut served = Served::new(&project);
    interrupt(&served.process);
    assert_eq!(served.process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_port_that_is_taken_is_an_error_with_a_way_out() {
    let project = project();
    let served = Served::new(&project);
    let port = served.host().rsplit(':').next().unwrap();
    let second = project.pipeline_with(&["serve", "--port", port]).expect_code(3);
    assert!(second.stderr.contains(&format!("cannot listen on port {port}")), "{}", second.stderr);
    assert!(second.stderr.contains("--port"), "{}", second.stderr);
}
