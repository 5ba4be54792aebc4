//! The command line: arguments, printing, exit codes. What a command does lies in the other crates; each file
//! of `commands` turns arguments into one call and its answer into text or JSON.

mod amounts;
mod args;
mod browser;
mod commands;
mod comparison;
mod describe;
mod examples;
mod exit;
mod failure;
mod grid;
mod machine_facts;
mod missing;
mod output;
mod overrides;
mod project;
#[cfg(test)]
mod reference;
mod reporter;
mod run_results;
#[cfg(test)]
mod shown_commands;
mod stage_graph;
mod style;
mod sweep;
mod time;
mod usage;
mod worker;

use args::Cli;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    commands::completions::answer_shell();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error),
    };
    let json = cli.json;
    match commands::dispatch(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(json),
    }
}
