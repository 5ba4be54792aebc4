use super::STAGE_DIRECTORY_VARIABLE;
use rustix::process::{Pid, Signal, kill_process};
use std::{fs, os::unix::ffi::OsStrExt, path::Path};

/// Ends processes that a killed runner left behind at work in a stage directory. The caller must hold the
/// stage's lock, so that nobody else can be at work there.
pub(crate) fn end_orphans(stage_directory: &Path) {
    let mut entry = format!("{STAGE_DIRECTORY_VARIABLE}=").into_bytes();
    entry.extend_from_slice(stage_directory.as_os_str().as_bytes());
    let Ok(processes) = fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let Some(pid) =
            process.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw)
        else {
            continue;
        };
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        if pid != rustix::process::getpid()
            && environment.split(|&byte| byte == 0).any(|variable| variable == entry)
        {
            // It may have ended by itself in between.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}
