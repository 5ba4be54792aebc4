//! Processes: starting one in a group of its own, watching it, ending it with all its children.

mod clone_exec;
mod groups;
mod orphans;
mod out_of_memory;
mod spawn;
mod watch;

pub(crate) use groups::Groups;
pub(crate) use orphans::end_orphans;
pub(crate) use out_of_memory::OutOfMemory;
pub(crate) use spawn::{Launch, Process, STAGE_DIRECTORY_VARIABLE, spawn};
pub(crate) use watch::{Ended, watch};
