//! Pages in the browser of whoever is at this machine.

use crate::output;
use std::process::{Command, Stdio};

/// Opens a file or an address in the browser; where there is none, says so, since its place was told already.
pub fn open(page: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        output::say(&format!("warning: no browser was opened: `{program}`: {error}"));
    }
}
