use crate::{exit::Exit, failure::Failure};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::{env, process::ExitCode};

/// Prints help or the version as asked for, or says what is wrong with the command line.
pub fn report(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            Exit::Done.into()
        }
        // It could not be read as a whole, so nobody else has seen whether JSON is asked for.
        _ if env::args_os().any(|argument| argument == "--json") => {
            Failure::usage(message(error), hints(error)).report(true)
        }
        _ => {
            let _ = error.print();
            Exit::Usage.into()
        }
    }
}

/// The first line of clap's text, without the `error:` before it.
fn message(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or(&text);
    let first = first.strip_prefix("error:").unwrap_or(first);
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hints(error: &clap::Error) -> Vec<String> {
    let suggested =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let suggestions = suggested.into_iter().filter_map(|kind| match error.get(kind)? {
        ContextValue::String(text) => Some(format!("did you mean `{text}`?")),
        ContextValue::Strings(texts) => Some(format!("did you mean `{}`?", texts.join("` or `"))),
        _ => None,
    });
    suggestions.chain(["`pipeline --help` lists commands and options".to_owned()]).collect()
}
