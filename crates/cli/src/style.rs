use std::io::{IsTerminal, stderr, stdout};

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    coloured: bool,
}

impl Style {
    /// No colours, as tests want it.
    #[cfg(test)]
    pub const PLAIN: Self = Self { coloured: false };

    /// Colours if stderr is a terminal and `NO_COLOR` is not set.
    pub fn of_stderr() -> Self {
        Self { coloured: stderr().is_terminal() && wants_colour() }
    }

    /// Colours if stdout is a terminal and `NO_COLOR` is not set.
    pub fn of_stdout() -> Self {
        Self { coloured: stdout().is_terminal() && wants_colour() }
    }

    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub fn notice(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub fn quiet(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// See no-color.org.
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
