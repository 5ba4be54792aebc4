//! `pipeline-worker`: does one stage. `run STAGE_DIR` reads the request in that folder, appends events,
//! and leaves the outcome last; `info` says what this build has to work with, as JSON; `predict` and `inspect` answer
//! questions about weights and datasets. What a stage does is in the crates `data` and `train`; when it runs, and
//! what becomes of its outputs, is the runner's business.

mod device;
mod error;
mod events;
mod info;
mod log_line;
mod questions;
mod run;
mod signals;
mod stage_directory;
mod stages;

use std::{path::Path, process::ExitCode};

const USAGE: &str = "usage: pipeline-worker run STAGE_DIR | info | predict | inspect | --version";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", directory] => run::run(Path::new(directory)),
        ["info"] => info::print(),
        ["predict"] => questions::predict(),
        ["inspect"] => questions::inspect(),
        ["--version"] => {
            println!("pipeline-worker {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
