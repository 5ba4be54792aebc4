use super::clone_exec::{Program, c_string, clone_exec};
use rustix::process::Pid;
use std::{
    collections::HashSet,
    env,
    ffi::{CString, OsStr, OsString},
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::ExitStatusExt,
    },
    path::{Path, PathBuf},
    process::ExitStatus,
};

/// Names the stage directory in the environment of every process of a stage, by which orphans are found.
pub(crate) const STAGE_DIRECTORY_VARIABLE: &str = "PIPELINE_STAGE_DIR";

/// A process to start.
pub(crate) struct Launch {
    /// Program first; never empty.
    pub argv: Vec<OsString>,
    /// Its working directory.
    pub directory: PathBuf,
    /// Added to this process's environment.
    pub env: Vec<(String, OsString)>,
    /// Both of its output streams are appended here.
    pub log: PathBuf,
}

impl Launch {
    /// What a person types in order to start the same process again. `outputs` is the folder that it writes to,
    /// which may have been removed meanwhile.
    pub fn shell_line(&self, outputs: &Path) -> String {
        let word = |word: &OsStr| quoted(&word.to_string_lossy());
        let is_elsewhere = env::current_dir().ok().as_deref() != Some(&self.directory);
        let change = is_elsewhere.then(|| format!("cd {} && ", word(self.directory.as_os_str())));
        let make = format!("mkdir -p {} && ", word(outputs.as_os_str()));
        let env = self.env.iter().map(|(name, value)| format!("{name}={}", word(value)));
        let words: Vec<String> = env.chain(self.argv.iter().map(|argument| word(argument))).collect();
        change.unwrap_or_default() + &make + &words.join(" ")
    }
}

/// A process that was started and not reaped yet.
pub(crate) struct Process {
    pub pid: Pid,
    /// Readable once it has ended.
    pub exit: OwnedFd,
}

impl Process {
    /// Waits for its end and reaps it.
    pub fn wait(self) -> io::Result<ExitStatus> {
        loop {
            match rustix::process::waitpid(Some(self.pid), rustix::process::WaitOptions::empty()) {
                Ok(Some((_, status))) => return Ok(ExitStatus::from_raw(status.as_raw())),
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Starts a process as the leader of a group of its own, so that Ctrl-C on the terminal does not reach it and
/// all its children can be ended with it. The kernel kills it when the thread that started it dies.
pub(crate) fn spawn(launch: &Launch, log: &File) -> io::Result<Process> {
    let nothing = File::open("/dev/null")?;
    let argv = launch.argv.iter().map(|word| c_string(word)).collect::<io::Result<Vec<_>>>()?;
    let (pid, exit) = clone_exec(&Program {
        argv: &argv,
        environment: &environment(&launch.env)?,
        directory: &launch.directory,
        input: nothing.as_fd(),
        output: log.as_fd(),
    })?;
    let pid = Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Process { pid, exit })
}

/// The environment of this process, with `changes` in the place of what it has under their names.
fn environment(changes: &[(String, OsString)]) -> io::Result<Vec<CString>> {
    let changed: HashSet<&OsStr> = changes.iter().map(|(name, _)| OsStr::new(name)).collect();
    let entry = |name: &OsStr, value: &OsStr| {
        let mut entry = name.to_owned();
        entry.push("=");
        entry.push(value);
        c_string(&entry)
    };
    let kept = std::env::vars_os().filter(|(name, _)| !changed.contains(name.as_os_str()));
    let kept = kept.map(|(name, value)| entry(&name, &value));
    kept.chain(changes.iter().map(|(name, value)| entry(OsStr::new(name), value))).collect()
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
