use proto::Provenance;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Gathers who runs it, on what, with which code.
pub(crate) fn gather(root: &Path, command_line: &[String]) -> Provenance {
    let revision = git(root, &["rev-parse", "HEAD"]);
    let changes =
        revision.as_ref().and_then(|_| git(root, &["status", "--porcelain", "--untracked-files=no"]));
    Provenance {
        user: std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| user_id()),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        git_dirty: changes.map(|changes| !changes.is_empty()),
        git_revision: revision,
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        command: command_line.to_vec(),
    }
}

fn user_id() -> String {
    match rustix::process::getuid() {
        uid if uid.is_root() => "root".into(),
        uid => format!("uid {}", uid.as_raw()),
    }
}

/// What git prints; nothing where there is no repository or no git.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").arg("-C").arg(root).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
