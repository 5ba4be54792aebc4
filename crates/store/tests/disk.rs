//! A disk that is full, or that may not be written.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Project, child, digest, files_below, made, output, role, work};
use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};
use store::{Begin, Store, StoreError, verify};

const MEGABYTE: usize = 1 << 20;

/// A small file system of its own, gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, and a word about it, where it may not be mounted.
    fn mount(at: &Path) -> Option<SmallDisk> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk(at.to_owned()));
        }
        eprintln!("SKIPPED: a small file system cannot be mounted here");
        None
    }

    fn remount_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [4096, 1] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
}

#[test]
fn a_full_disk_is_named_and_harms_nothing_that_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(folder.path()) else { return };
    let project = Project::at(folder);
    let before = project.produce_file("before", &"x".repeat(MEGABYTE));
    project.store.save_index().unwrap();

    let claim = work(&project.store, "key");
    let out = claim.directory().join("out");
    fs::write(&out, "hello").unwrap();
    fill(&project.path("filler"));
    let error = claim.commit(made(out)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }) && error.hint().is_some(), "{error}");
    let error = project.store.place(output(&before), &project.path("out")).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    let error = store::atomic_write(&project.path("note"), b"note").unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");

    fs::remove_file(project.path("filler")).unwrap();
    assert_eq!(project.store.action(&digest("key")), None);
    assert!(verify(&project.store).unwrap().is_whole());
    assert_eq!(files_below(&project.store.root().join("tmp")), Vec::<String>::new());
    assert!(!project.path("out").exists() && !project.path("note").exists());
    project.store.place(output(&project.produce_file("key", "hello")), &project.path("out")).unwrap();
}

#[test]
fn a_read_only_disk_is_named_and_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let mut project = Project::at(folder);
    let action = project.produce_file("key", "hello");
    project.store.place(output(&action), &project.path("out")).unwrap();
    project.reopen();
    disk.remount_read_only();

    assert_eq!(project.store.action(&digest("key")), Some(action.clone()));
    assert!(project.store.is_placed(output(&action), &project.path("out")));
    assert!(verify(&project.store).unwrap().is_whole());
    let error = project.store.begin(&digest("other")).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }) && error.hint().is_some(), "{error}");
    let error = project.store.place(output(&action), &project.path("elsewhere")).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}

#[test]
fn a_folder_of_somebody_else_is_named() {
    if rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: the root user may write everywhere");
        return;
    }
    let project = Project::new();
    let mode = |mode| fs::set_permissions(project.path(""), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let begun = project.store.begin(&digest("key"));
    mode(0o755);
    assert!(matches!(begun.unwrap_err(), StoreError::ReadOnly { .. }));
}

/// Runs a test of this program again, in a shell that keeps it from writing files of more than some
/// kilobytes.
fn child_with_small_files(name: &str, role: &str, project: &Path) -> Command {
    let inner = child(name, role, project);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    command.arg(inner.get_program()).args(inner.get_args());
    for (variable, value) in inner.get_envs() {
        command.env(variable, value.unwrap_or_default());
    }
    command
}

#[test]
fn a_copy_that_does_not_fit_leaves_nothing_half_done() {
    if let Some((_, project, store)) = role() {
        return copies_that_do_not_fit(&project, &store);
    }
    let project = Project::new();
    let action = project.produce_file("large", &"x".repeat(MEGABYTE / 2));
    project.produce("large tree", |path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("large"), "y".repeat(MEGABYTE / 2)).unwrap();
        fs::write(path.join("small"), "small").unwrap();
    });
    fs::write(project.path("out"), "old").unwrap();
    fs::create_dir(project.path("tree")).unwrap();
    fs::write(project.path("large"), "z".repeat(MEGABYTE / 2)).unwrap();
    let name = "a_copy_that_does_not_fit_leaves_nothing_half_done";
    // Through a pipe: the limit would reach a log file that this test's own output goes to.
    let output_of_child = child_with_small_files(name, "write", &project.path("")).output().unwrap();
    assert!(output_of_child.status.success(), "{output_of_child:?}");

    let report = verify(&project.store).unwrap();
    assert!(report.is_whole() && report.objects == 2, "{report:?}");
    assert!(project.store.has_object(&output(&action).digest));
    assert_eq!(fs::read_to_string(project.path("out")).unwrap(), "old");
    assert_eq!(files_below(&project.path("tree")), Vec::<String>::new());
    assert_eq!(files_below(&project.store.root().join("tmp")), Vec::<String>::new());
}

fn copies_that_do_not_fit(project: &Path, store: &Store) {
    for (key, result) in [("large", "out"), ("large tree", "tree")] {
        let action = store.action(&digest(key)).unwrap();
        match store.place(output(&action), &project.join(result)) {
            Err(StoreError::Full { .. }) => {}
            other => panic!("{key}: {other:?}"),
        }
    }
    // An output that is a link has to be copied.
    let Begin::Work(claim) = store.begin(&digest("key")).unwrap() else { panic!("nothing was produced yet") };
    let out = claim.directory().join("out");
    symlink(project.join("large"), &out).unwrap();
    assert!(matches!(claim.commit(made(out)).unwrap_err(), StoreError::Full { .. }));
    assert_eq!(store.action(&digest("key")), None);
    // This shell's limit reaches the file that shows it, too.
    assert!(fs::write(project.join("probe"), vec![0; MEGABYTE]).is_err());
    fs::remove_file(project.join("probe")).unwrap();
}
