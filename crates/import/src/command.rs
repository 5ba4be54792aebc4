use crate::{direct, linked::Linked, workspace::Workspace};
use std::collections::HashMap;

/// What a stage runs, with marks.
#[derive(Debug, PartialEq)]
pub(crate) struct Command {
    pub run: String,
    pub is_shell: bool,
    /// Whether it runs in a workspace of its own rather than in the project.
    pub has_workspace: bool,
}

/// What is needed to write a stage's command.
pub(crate) struct Task<'a> {
    /// Of DVC, one after the other.
    pub commands: &'a [String],
    pub wdir: &'a str,
    pub linked: &'a Linked,
    /// Files of parameters to be written for it: path and text.
    pub params_files: &'a [(String, String)],
    /// What no stage shall read in the project, as paths without marks: outputs of all stages, for one.
    pub superseded: &'a [String],
    /// Example values by reference, to see what a shell would make of them.
    pub values: &'a HashMap<String, Vec<String>>,
}

/// The command of a stage. Where it names every path that is not simply a file of the project, the names become
/// references; otherwise it runs in a workspace in which everything lies where it expects it.
pub(crate) fn write(task: &Task<'_>) -> Command {
    direct::write(task).unwrap_or_else(|| Workspace::new(task).command())
}
