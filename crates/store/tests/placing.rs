//! Outputs of every shape, into the store and out of it again.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Project, files_below, made, output, work};
use rustix::fs::{CWD, FileType, Mode};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
};
use store::{Placed, Store, StoreError};

/// Two files, one executable, in a folder and a folder below it, and an empty folder.
fn write_folder(path: &Path) {
    fs::create_dir_all(path.join("below")).unwrap();
    fs::create_dir(path.join("empty")).unwrap();
    fs::write(path.join("a.txt"), "a").unwrap();
    fs::write(path.join("below/run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(path.join("below/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).unwrap().permissions().mode() & 0o100 != 0
}

#[test]
fn a_folder_is_placed_whole_and_any_edit_in_it_is_undone() {
    let mut project = Project::new();
    let action = project.produce("key", write_folder);
    let out = output(&action);
    assert!(out.is_directory);
    assert_eq!(out.size, 11);
    let result = project.path("results/out");
    project.store.place(out, &result).unwrap();
    assert_eq!(project.store.digest_path(&result).unwrap(), out.digest);
    project.reopen();

    let edits: [fn(&Path); 7] = [
        |result| fs::write(result.join("a.txt"), "b").unwrap(),
        |result| fs::write(result.join("more"), "").unwrap(),
        |result| fs::remove_file(result.join("a.txt")).unwrap(),
        |result| fs::remove_dir(result.join("empty")).unwrap(),
        |result| fs::rename(result.join("a.txt"), result.join("b.txt")).unwrap(),
        |result| fs::set_permissions(result.join("a.txt"), fs::Permissions::from_mode(0o755)).unwrap(),
        |result| fs::remove_dir_all(result).unwrap(),
    ];
    for edit in edits {
        assert!(project.store.is_placed(out, &result));
        edit(&result);
        assert!(!project.store.is_placed(out, &result));
        project.store.place(out, &result).unwrap();
        assert_eq!(files_below(&result), ["a.txt", "below/run.sh"]);
        assert!(result.join("empty").is_dir() && is_executable(&result.join("below/run.sh")));
        assert!(project.store.has_object(&out.digest));
    }
    assert_eq!(files_below(&project.store.root().join("tmp")), Vec::<String>::new());
}

#[test]
fn a_file_and_a_folder_replace_each_other() {
    let project = Project::new();
    let (store, result) = (&project.store, project.path("out"));
    let file = project.produce_file("file", "hello");
    let folder = project.produce("folder", write_folder);
    for action in [&file, &folder, &file] {
        store.place(output(action), &result).unwrap();
        assert!(store.is_placed(output(action), &result));
    }
    assert_eq!(fs::read_to_string(&result).unwrap(), "hello");
}

#[test]
fn a_link_is_replaced_and_what_it_leads_to_is_left_alone() {
    let project = Project::new();
    let action = project.produce_file("key", "hello");
    fs::write(project.path("mine"), "mine").unwrap();
    symlink(project.path("mine"), project.path("out")).unwrap();
    project.store.place(output(&action), &project.path("out")).unwrap();
    assert_eq!(fs::read_to_string(project.path("out")).unwrap(), "hello");
    assert_eq!(fs::read_to_string(project.path("mine")).unwrap(), "mine");
}

#[test]
fn the_executable_bit_is_restored() {
    let project = Project::new();
    let action = project.produce("key", |path| {
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    });
    let (out, result) = (output(&action), project.path("run.sh"));
    assert!(out.executable);
    project.store.place(out, &result).unwrap();
    assert!(is_executable(&result));
    fs::set_permissions(&result, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(!project.store.is_placed(out, &result));
    project.store.place(out, &result).unwrap();
    assert!(is_executable(&result));
}

#[test]
fn links_in_an_output_are_replaced_by_what_they_lead_to() {
    let project = Project::new();
    fs::create_dir(project.path("data")).unwrap();
    fs::write(project.path("data/image"), "pixels").unwrap();
    let action = project.produce("key", |path| {
        fs::create_dir(path).unwrap();
        symlink(project.path("data"), path.join("folder")).unwrap();
        symlink(project.path("data/image"), path.join("file")).unwrap();
        fs::hard_link(project.path("data/image"), path.join("hard")).unwrap();
    });
    fs::write(project.path("data/image"), "others").unwrap();
    let result = project.path("out");
    project.store.place(output(&action), &result).unwrap();
    assert_eq!(files_below(&result), ["file", "folder/image", "hard"]);
    for file in files_below(&result) {
        assert!(fs::symlink_metadata(result.join(&file)).unwrap().is_file());
        assert_eq!(fs::read_to_string(result.join(&file)).unwrap(), "pixels", "{file}");
    }
    assert_eq!(fs::metadata(project.path("data/image")).unwrap().nlink(), 1);
    fs::write(project.path("data/image"), "still mine to write").unwrap();
}

#[test]
fn what_cannot_be_an_object_is_refused() {
    type Make = fn(&Path);
    let outputs: [(&str, Make); 3] = [
        ("a loop", |path| {
            fs::create_dir_all(path.join("a")).unwrap();
            symlink("..", path.join("a/up")).unwrap();
        }),
        ("a dangling link", |path| symlink("nowhere", path).unwrap()),
        ("a pipe", |path| {
            fs::create_dir(path).unwrap();
            rustix::fs::mknodat(CWD, path.join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        }),
    ];
    for (name, make) in outputs {
        let project = Project::new();
        let claim = work(&project.store, "key");
        let path = claim.directory().join("out");
        make(&path);
        let error = claim.commit(made(path)).unwrap_err();
        assert!(error.to_string().contains("out"), "{name}: {error}");
        assert_eq!(project.store.action(&common::digest("key")), None);
        assert_eq!(files_below(&project.store.root().join("objects")), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn large_files_are_linked_only_where_nobody_can_write_through_the_link() {
    let project = Project::new();
    let action = project.produce_file("key", &"x".repeat(2 << 20));
    let placed = project.store.place(output(&action), &project.path("out")).unwrap();
    if rustix::process::geteuid().is_root() {
        assert_ne!(placed, Placed::HardLinked);
    } else {
        assert_ne!(placed, Placed::Copied);
    }
    assert!(project.store.is_placed(output(&action), &project.path("out")));
}

#[test]
fn the_store_may_lie_on_another_file_system() {
    let elsewhere = Path::new("/dev/shm");
    let project = Project::new();
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    if device(elsewhere).is_none() || device(elsewhere) == device(&project.path("")) {
        eprintln!("SKIPPED: /dev/shm is no other file system than that of temporary files");
        return;
    }
    let folder = tempfile::tempdir_in(elsewhere).unwrap();
    symlink(folder.path(), project.store.root()).unwrap();
    let file = project.produce_file("file", "hello");
    let tree = project.produce("tree", write_folder);
    let results = [(project.path("results/file"), file), (project.path("results/tree"), tree)];
    for (result, action) in &results {
        assert_eq!(project.store.place(output(action), result).unwrap(), Placed::Copied);
        assert!(project.store.is_placed(output(action), result));
    }
    assert_eq!(files_below(&project.path("results")), ["file", "tree/a.txt", "tree/below/run.sh"]);

    let claim = work(&project.store, "outside");
    write_folder(&project.path("made outside"));
    let action = claim.commit(made(project.path("made outside"))).unwrap();
    assert!(project.store.has_object(&output(&action).digest));
}

#[test]
fn moving_the_project_keeps_what_is_known() {
    let parent = tempfile::tempdir().unwrap();
    let (old, new) = (parent.path().join("old"), parent.path().join("new"));
    fs::create_dir(&old).unwrap();
    let store = Store::open(&old).unwrap();
    let action = common::commit(work(&store, "key"), |path| fs::write(path, "hello").unwrap());
    store.place(output(&action), &old.join("results/out")).unwrap();
    store.save_index().unwrap();
    drop(store);
    fs::rename(&old, &new).unwrap();
    let saved = || fs::metadata(new.join(".pipeline/index")).unwrap().modified().unwrap();
    let before = saved();
    let store = Store::open(&new).unwrap();
    assert_eq!(store.action(&common::digest("key")), Some(action.clone()));
    assert!(store.is_placed(output(&action), &new.join("results/out")));
    assert!(matches!(store.begin(&common::digest("key")).unwrap(), store::Begin::Done(_)));
    store.save_index().unwrap();
    assert_eq!(saved(), before, "nothing had to be read again, so nothing was learnt");
}

#[test]
fn a_missing_object_is_named() {
    let project = Project::new();
    let action = project.produce_file("key", "hello");
    fs::remove_file(project.store.object_path(&output(&action).digest)).unwrap();
    let error = project.store.place(output(&action), &project.path("out")).unwrap_err();
    assert!(matches!(error, StoreError::MissingObject { digest } if digest == output(&action).digest));
    assert!(!project.path("out").exists());
}
