//! `docs/commands.md`, generated from the definitions of the command line, so that it cannot be stale.

use crate::args::Cli;
use clap::{Arg, Command, CommandFactory};
use std::{fmt::Write, fs, path::PathBuf};

const INTRODUCTION: &str = "\
# Commands

<!-- Generated from the definitions of the command line: `UPDATE_DOCS=1 cargo test -p cli reference` -->

People read stderr; stdout carries only what was asked for, so that every command can stand in a pipe.
";

const JSON: &str = include_str!("json_reference.md");

#[test]
fn the_command_reference_is_up_to_date() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let expected = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &expected).unwrap();
    }
    let present = fs::read_to_string(&path).unwrap_or_default();
    assert!(present == expected, "docs/commands.md is stale: UPDATE_DOCS=1 cargo test -p cli reference");
}

#[test]
fn the_definitions_hold_together() {
    Cli::command().debug_assert();
}

fn reference() -> String {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut text = INTRODUCTION.to_owned();
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        section(&mut text, subcommand.get_name(), subcommand);
        for nested in subcommand.get_subcommands() {
            section(&mut text, &format!("{} {}", subcommand.get_name(), nested.get_name()), nested);
        }
    }
    if let Some(more) = command.get_after_help() {
        let _ = write!(text, "\n## Conventions\n\n{more}\n\n{JSON}");
    }
    text
}

fn section(text: &mut String, name_of_command: &str, command: &Command) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = write!(text, "\n## `pipeline {name_of_command}`\n\n{about}.\n\n```text\n{usage}\n```\n");
    let visible: Vec<&Arg> =
        command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_id() != "help").collect();
    if !visible.is_empty() {
        text.push_str("\n| argument | meaning |\n| --- | --- |\n");
    }
    for arg in visible {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            text,
            "| `{}` | {}{} |",
            name(arg).replace('|', "\\|"),
            help.replace('|', "\\|"),
            values(arg)
        );
    }
    if let Some(examples) = command.get_after_help() {
        let lines = examples.to_string();
        let lines = lines.lines().filter(|line| *line != "Examples:").map(str::trim);
        let _ = write!(
            text,
            "\n```console\n{}\n```\n",
            lines.map(|line| format!("$ {line}")).collect::<Vec<_>>().join("\n")
        );
    }
}

fn name(arg: &Arg) -> String {
    let value = arg.get_value_names().unwrap_or_default().join(" ");
    let takes_value = arg.get_num_args().is_some_and(|count| count.takes_values());
    let is_optional = arg.get_num_args().is_some_and(|count| count.min_values() == 0) && !arg.is_positional();
    let value = match (takes_value, is_optional) {
        (false, _) => String::new(),
        (true, false) => format!(" <{value}>"),
        (true, true) => format!(" [<{value}>]"),
    };
    match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}{value}"),
        (None, Some(long)) => format!("--{long}{value}"),
        _ => value.trim_start().to_owned(),
    }
}

fn values(arg: &Arg) -> String {
    let takes_value = arg.get_num_args().is_some_and(|count| count.takes_values());
    let possible: Vec<String> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    let mut text = String::new();
    if takes_value && !possible.is_empty() {
        let _ = write!(text, ": {}", possible.join(", "));
    }
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes_value && !default.is_empty() {
        let _ = write!(text, "; `{}` by default", default.join(" "));
    }
    text
}
