//! Digests of the user's files: what they tell apart, and that remembering them never gives a stale one.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Project, files_below};
use proptest::prelude::*;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};
use store::{Digest, Store, StoreError};

/// The digest as a store takes it that knows nothing.
fn fresh_digest(path: &Path) -> Digest {
    let nowhere = tempfile::tempdir().unwrap();
    Store::open(nowhere.path()).unwrap().digest_path(path).unwrap()
}

#[test]
fn a_file_counts_by_its_content_alone() {
    let project = Project::new();
    let path = project.path("a");
    fs::write(&path, "hello").unwrap();
    assert_eq!(project.store.digest_path(&path).unwrap(), Digest::of(b"hello"));
    fs::rename(&path, project.path("b")).unwrap();
    symlink("b", &path).unwrap();
    assert_eq!(project.store.digest_path(&path).unwrap(), Digest::of(b"hello"));
}

#[test]
fn a_touched_file_is_the_same() {
    let mut project = Project::new();
    let path = project.path("a");
    fs::write(&path, "hello").unwrap();
    project.store.digest_path(&path).unwrap();
    project.reopen();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    fs::File::open(&path).unwrap().set_modified(long_ago).unwrap();
    assert_eq!(project.store.digest_path(&path).unwrap(), Digest::of(b"hello"));
}

#[test]
fn every_difference_between_folders_counts() {
    let project = Project::new();
    type Make = fn(&Path);
    let folders: [Make; 9] = [
        |_| {},
        |path| fs::write(path.join("a"), "").unwrap(),
        |path| fs::write(path.join("b"), "").unwrap(),
        |path| fs::create_dir(path.join("a")).unwrap(),
        |path| fs::write(path.join("a"), "b").unwrap(),
        |path| {
            fs::write(path.join("a"), "b").unwrap();
            fs::set_permissions(path.join("a"), fs::Permissions::from_mode(0o755)).unwrap();
        },
        |path| ["a", "b"].iter().for_each(|name| fs::write(path.join(name), "").unwrap()),
        |path| ["a", "ab"].iter().for_each(|name| fs::write(path.join(name), "").unwrap()),
        |path| {
            fs::create_dir(path.join("a")).unwrap();
            fs::write(path.join("a/b"), "").unwrap();
        },
    ];
    let digests: Vec<Digest> = folders
        .iter()
        .enumerate()
        .map(|(i, make)| {
            let path = project.path(&i.to_string());
            fs::create_dir(&path).unwrap();
            make(&path);
            project.store.digest_path(&path).unwrap()
        })
        .collect();
    let mut distinct = digests.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), digests.len());
}

#[test]
fn what_cannot_be_digested_is_named() {
    let project = Project::new();
    let error = project.store.digest_path(&project.path("missing")).unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("missing"), "{error}");
    let error = project.store.digest_path(Path::new("/dev/null")).unwrap_err();
    assert!(matches!(error, StoreError::Special { .. }), "{error}");
    fs::create_dir(project.path("a")).unwrap();
    symlink("..", project.path("a/up")).unwrap();
    let error = project.store.digest_path(&project.path("a")).unwrap_err();
    assert!(error.to_string().contains("up"), "{error}");
}

#[test]
fn an_edit_within_the_same_tick_of_the_clock_is_noticed() {
    let mut project = Project::new();
    let path = project.path("a");
    for round in 0..40_u32 {
        fs::write(&path, round.to_le_bytes()).unwrap();
        assert_eq!(project.store.digest_path(&path).unwrap(), Digest::of(&round.to_le_bytes()));
        fs::write(&path, (!round).to_le_bytes()).unwrap();
        assert_eq!(project.store.digest_path(&path).unwrap(), Digest::of(&(!round).to_le_bytes()));
    }
    project.reopen();
    assert_eq!(project.store.digest_path(&path).unwrap(), Digest::of(&(!39_u32).to_le_bytes()));
}

#[test]
fn stores_that_save_at_the_same_time_keep_what_both_have_learnt() {
    let project = Project::new();
    let (a, b) = (project.path("a"), project.path("b"));
    fs::write(&a, "a").unwrap();
    fs::write(&b, "b").unwrap();
    let (first, second) = (Store::open(&project.path("")).unwrap(), Store::open(&project.path("")).unwrap());
    first.digest_path(&a).unwrap();
    second.digest_path(&b).unwrap();
    first.save_index().unwrap();
    second.save_index().unwrap();
    let index = project.store.root().join("index");
    let before = fs::metadata(&index).unwrap().modified().unwrap();
    for path in [&a, &b] {
        project.store.digest_path(path).unwrap();
    }
    project.store.save_index().unwrap();
    assert_eq!(fs::metadata(&index).unwrap().modified().unwrap(), before, "both were known");
}

/// Something a user does to a folder.
#[derive(Debug, Clone)]
enum Edit {
    Write(u8, Vec<u8>),
    Append(u8),
    Remove(u8),
    Rename(u8, u8),
    Replace(u8, u8),
    MakeExecutable(u8, bool),
    SaveAndReopen,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (any::<u8>(), prop::collection::vec(any::<u8>(), 0..4))
            .prop_map(|(file, content)| Edit::Write(file, content)),
        1 => any::<u8>().prop_map(Edit::Append),
        1 => any::<u8>().prop_map(Edit::Remove),
        1 => any::<(u8, u8)>().prop_map(|(from, to)| Edit::Rename(from, to)),
        1 => any::<(u8, u8)>().prop_map(|(from, to)| Edit::Replace(from, to)),
        1 => any::<(u8, bool)>().prop_map(|(file, executable)| Edit::MakeExecutable(file, executable)),
        1 => Just(Edit::SaveAndReopen),
    ]
}

/// One of six files in three folders.
fn file(folder: &Path, number: u8) -> std::path::PathBuf {
    folder.join(["", "x", "x/y"][usize::from(number) % 3]).join(["a", "b"][usize::from(number / 3) % 2])
}

/// An edit of a file that is not there does nothing, which is what this ignores.
fn apply(edit: &Edit, project: &mut Project, folder: &Path) {
    match edit {
        Edit::Write(number, content) => fs::write(file(folder, *number), content).unwrap(),
        Edit::Append(number) => {
            let path = file(folder, *number);
            let mut content = fs::read(&path).unwrap_or_default();
            content.push(b'+');
            fs::write(path, content).unwrap();
        }
        Edit::Remove(number) => drop(fs::remove_file(file(folder, *number))),
        Edit::Rename(from, to) => drop(fs::rename(file(folder, *from), file(folder, *to))),
        Edit::Replace(from, to) => drop(fs::copy(file(folder, *from), file(folder, *to))),
        Edit::MakeExecutable(number, executable) => {
            let mode = if *executable { 0o755 } else { 0o644 };
            drop(fs::set_permissions(file(folder, *number), fs::Permissions::from_mode(mode)));
        }
        Edit::SaveAndReopen => project.reopen(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn remembered_digests_are_those_of_the_files_as_they_are(edits in prop::collection::vec(edit(), 1..12)) {
        let mut project = Project::new();
        let folder = project.path("data");
        fs::create_dir_all(folder.join("x/y")).unwrap();
        for edit in &edits {
            apply(edit, &mut project, &folder);
            let digest = project.store.digest_path(&folder).unwrap();
            prop_assert_eq!(digest, fresh_digest(&folder), "after {:?}", edit);
        }
        prop_assert!(files_below(&folder).len() <= 6);
    }
}
