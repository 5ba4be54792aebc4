//! Small file systems of their own, for what happens when a disk is full, read-only, or another one.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// A file system in memory, gone when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// One of so many kibibytes at `folder`, which must exist.
    pub fn mount(folder: &Path, kibibytes: u32) -> Self {
        mount(&["-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tmpfs"], folder);
        Self(folder.to_owned())
    }

    /// Makes it larger or smaller; what is on it stays.
    pub fn resize(&self, kibibytes: u32) {
        mount(&["-o", &format!("remount,size={kibibytes}k")], &self.0);
    }

    /// Lets nobody write to it, or everybody again.
    pub fn set_read_only(&self, read_only: bool) {
        mount(&["-o", if read_only { "remount,ro" } else { "remount,rw" }], &self.0);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) {
    let output = Command::new("mount").args(arguments).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Whether this process may mount file systems; the test named `test` is to call this first and to return if it
/// may not. Where only the root of a user namespace may, the test is run again as one, and where nobody may, it is
/// skipped with a word.
#[track_caller]
pub fn may_mount(test: &str) -> bool {
    const INSIDE: &str = "TESTKIT_MAY_MOUNT";
    if env::var_os(INSIDE).is_some() || can_mount(&["-m"]) {
        return true;
    }
    if !can_mount(&["-Urm"]) {
        eprintln!("SKIPPED: file systems cannot be mounted here");
        return false;
    }
    let mut again = Command::new("unshare");
    again.arg("-Urm").arg(env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]);
    let output = again.env(INSIDE, "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    false
}

/// Tries it in a namespace that is gone with the attempt.
fn can_mount(namespace: &[&str]) -> bool {
    let attempt = ["mount", "-t", "tmpfs", "tmpfs", "/tmp"];
    let tried = Command::new("unshare").args(namespace).args(attempt).output();
    tried.is_ok_and(|output| output.status.success())
}
