use std::{
    ffi::OsString,
    fs::OpenOptions,
    io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
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
    pub env: Vec<(&'static str, OsString)>,
    /// Both of its output streams are appended here.
    pub log: PathBuf,
}

impl Launch {
    /// The command line as a person would type it in the project root.
    pub fn shell_line(&self) -> String {
        self.argv.iter().map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
    }
}

/// Starts a process as the leader of a group of its own, so that Ctrl-C on the terminal does not reach it and
/// all its children can be ended with it. The kernel kills it when the thread that started it dies.
pub(crate) fn spawn(launch: &Launch) -> io::Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(&launch.log)?;
    let mut command = Command::new(&launch.argv[0]);
    command
        .args(&launch.argv[1..])
        .current_dir(&launch.directory)
        .envs(launch.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0);
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only two system calls are made, both safe there.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
            match rustix::process::getppid() {
                Some(current) if current == parent => Ok(()),
                // The runner died between fork and the request above.
                _ => Err(io::Error::from(io::ErrorKind::Interrupted)),
            }
        });
    }
    command.spawn()
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
