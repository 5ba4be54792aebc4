//! Every command line that help and documents show is one that the program takes.

use crate::args::Cli;
use clap::{CommandFactory, Parser, error::ErrorKind};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where a shell goes on with something else.
const ENDS: [&str; 4] = [" # ", " | ", " >> ", " > "];

/// The words of a command line that begins after `pipeline `.
fn words(line: &str) -> Vec<String> {
    let end = ENDS.iter().filter_map(|end| line.find(end)).min().unwrap_or(line.len());
    // Quotes are the shell's; what is inside them is one word.
    let mut words: Vec<String> = vec!["pipeline".to_owned()];
    let mut quoted = false;
    for word in line[..end].split_whitespace() {
        let text = word.replace('\'', "");
        match words.last_mut() {
            Some(last) if quoted => *last += &format!(" {text}"),
            _ => words.push(text),
        }
        quoted ^= word.matches('\'').count() % 2 == 1;
    }
    words
}

#[test]
fn every_example_is_understood() {
    let mut command = Cli::command();
    command.build();
    let examples = command.get_subcommands().filter_map(|subcommand| subcommand.get_after_help());
    let mut count = 0;
    for text in examples.map(ToString::to_string) {
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("pipeline ")) {
            Cli::try_parse_from(words(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
            count += 1;
        }
    }
    assert!(count > 10, "found only {count} examples");
}

/// `docs/commands.md` is made of the definitions themselves.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let entries = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let is_written = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("commands.md")
    };
    entries.filter(is_written).chain([root.join("README.md")]).collect()
}

/// A document's command lines: those in blocks, which are whole, and those within sentences, which may be no
/// more than a name.
fn shown(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut lines, mut prose, mut in_block) = (Vec::new(), String::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            lines.extend(line.trim().trim_start_matches("$ ").strip_prefix("pipeline ").map(str::to_owned));
        } else {
            prose.push_str(line);
            prose.push(' ');
        }
    }
    let spans = prose.split('`').skip(1).step_by(2);
    (lines, spans.filter_map(|span| span.strip_prefix("pipeline ").map(str::to_owned)).collect())
}

#[test]
fn every_command_line_of_the_documents_is_understood() {
    let mut count = 0;
    for path in documents() {
        let (lines, mentions) = shown(&fs::read_to_string(&path).unwrap());
        for line in &lines {
            let understood = Cli::try_parse_from(words(line));
            assert!(understood.is_ok(), "{}: pipeline {line}: {}", path.display(), understood.unwrap_err());
        }
        for mention in &mentions {
            // `pipeline explain` is the name of a command; a flag that is not there is a mistake.
            if let Err(error) = Cli::try_parse_from(words(mention))
                && !matches!(
                    error.kind(),
                    ErrorKind::MissingRequiredArgument | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                )
            {
                panic!("{}: `pipeline {mention}`: {error}", path.display());
            }
        }
        count += lines.len() + mentions.len();
    }
    assert!(count > 50, "found only {count} command lines");
}
