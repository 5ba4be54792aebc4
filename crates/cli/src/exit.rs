use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All that was asked for is done.
    Done,
    /// A stage failed, or something that was checked is not as it should be.
    Failed,
    /// The command line or the pipeline file is wrong.
    Usage,
    /// The machine lacks something.
    Machine,
    /// A person stopped it.
    Interrupted,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Machine => 3,
            Self::Interrupted => 130,
        }
    }

    /// The exit with that code, of those that an error can have.
    pub fn of_error(code: u8) -> Self {
        match code {
            1 => Self::Failed,
            2 => Self::Usage,
            130 => Self::Interrupted,
            _ => Self::Machine,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
