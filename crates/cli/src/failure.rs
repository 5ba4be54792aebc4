use crate::{exit::Exit, output, style::Style};
use results::CompareError;
use scheduler::SchedulerError;
use serde::Serialize;
use serde_json::json;
use spec::SpecError;
use std::{io, path::Path, process::ExitCode};
use store::StoreError;

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    problems: Vec<Problem>,
    exit: Exit,
}

/// One thing that went wrong.
#[derive(Debug, Serialize)]
pub struct Problem {
    message: String,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    hints: Vec<String>,
    /// The message for people where it is more than message and hints: with a caret under the culprit.
    #[serde(skip)]
    shown: Option<String>,
}

impl Failure {
    /// Something wrong in what was asked.
    pub fn usage(message: impl Into<String>, hints: Vec<String>) -> Self {
        Self::new(message.into(), hints, Exit::Usage)
    }

    /// Something that the machine lacks.
    pub fn machine(message: impl Into<String>, hints: Vec<String>) -> Self {
        Self::new(message.into(), hints, Exit::Machine)
    }

    /// A file that cannot be read or written.
    pub fn io(attempt: &str, path: &Path, error: &io::Error) -> Self {
        Self::machine(format!("cannot {attempt} `{}`: {error}", path.display()), Vec::new())
    }

    /// Errors of a pipeline file.
    pub fn in_file<'a>(errors: impl IntoIterator<Item = &'a SpecError>) -> Self {
        Self { problems: errors.into_iter().map(Problem::from).collect(), exit: Exit::Usage }
    }

    fn new(message: String, hints: Vec<String>, exit: Exit) -> Self {
        let problem = Problem { message, file: None, line: None, column: None, hints, shown: None };
        Self { problems: vec![problem], exit }
    }

    /// Tells people on stderr, or programs on stdout: `error` is the first, `errors` are all.
    pub fn report(&self, as_json: bool) -> ExitCode {
        if self.problems.is_empty() {
            return self.exit.into();
        }
        if as_json {
            let document = json!({ "error": self.problems.first(), "errors": self.problems });
            // Whoever does not read it any more cannot be told.
            let _ = output::line(&document.to_string());
        } else {
            let texts: Vec<String> = self.problems.iter().map(Problem::text).collect();
            output::say(&texts.join("\n\n"));
        }
        self.exit.into()
    }
}

impl Problem {
    fn text(&self) -> String {
        let style = Style::of_stderr();
        if let Some(shown) = &self.shown {
            return shown.replacen("error:", &style.bad("error:"), 1);
        }
        let hints = self.hints.iter().map(|hint| format!("\n{} {hint}", style.notice("hint:")));
        format!("{} {}{}", style.bad("error:"), self.message, hints.collect::<String>())
    }
}

impl From<&SpecError> for Problem {
    fn from(error: &SpecError) -> Self {
        let has_position = error.line > 0;
        Self {
            message: error.message.clone(),
            file: Some(error.file.clone()),
            line: has_position.then_some(error.line),
            column: has_position.then_some(error.column),
            hints: error.hints.clone(),
            shown: Some(error.to_string()),
        }
    }
}

impl From<spec::Errors> for Failure {
    fn from(errors: spec::Errors) -> Self {
        Self::in_file(&errors)
    }
}

impl From<SchedulerError> for Failure {
    fn from(error: SchedulerError) -> Self {
        Self::new(error.to_string(), error.hints(), Exit::of_error(error.exit_code()))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::machine(error.to_string(), error.hint().map(str::to_owned).into_iter().collect())
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        if let CompareError::Store(error) = error {
            return error.into();
        }
        Self::usage(error.to_string(), error.hints())
    }
}

/// Output that nobody reads any more ends a command quietly; see [`output::is_closed`].
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if output::is_closed(&error) {
            return Self { problems: Vec::new(), exit: Exit::Done };
        }
        Self::machine(format!("cannot write to standard output: {error}"), Vec::new())
    }
}
