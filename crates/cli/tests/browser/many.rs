//! Two hundred runs on one page.

use crate::experiments::{project, report};
use std::{io::Write, time::Instant};
use testkit::Browser;

const RUNS: usize = 200;

#[test]
fn two_hundred_runs_are_one_small_page() {
    let Some(mut browser) = Browser::start() else { return };
    let project = project();
    for run in 0..RUNS {
        project.run(&["--set", &format!("lr={}", (run + 1) as f64 / 1000.0)]).ok();
    }
    let began = Instant::now();
    let address = report(&project, &[]);
    let written = began.elapsed();
    let bytes = std::fs::metadata(project.path("results/report.html")).unwrap().len();
    browser.look(1280, 900, false);
    let began = Instant::now();
    browser.open(&address);
    let lines = browser.value("document.querySelectorAll('.plot path.line').length");
    let opened = began.elapsed();
    let told = format!("{RUNS} runs: {bytes} bytes, written in {written:.0?}, opened in {opened:.0?}\n");
    std::io::stderr().write_all(told.as_bytes()).unwrap();

    assert_eq!(lines, 24, "six to begin with");
    assert_eq!(browser.value("document.querySelectorAll('#table tbody tr').length"), RUNS + 1);
    assert!(bytes < 2_000_000, "{bytes} bytes");
    browser.click("#choose-all");
    assert_eq!(browser.value("document.querySelectorAll('.plot path.line').length"), RUNS * 4);
    assert_eq!(browser.problems(), Vec::<String>::new());
}
