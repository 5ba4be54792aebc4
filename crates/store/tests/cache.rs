//! A stage's way through the store: begin, commit, find, place, edit, restore.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Project, commit, digest, files_below, made, output, work};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use store::{ActionRecord, Begin, Digest, Placed, Store, StoreError};

fn object_is_whole(store: &Store, action: &ActionRecord) -> bool {
    let digest = &output(action).digest;
    Digest::of(&fs::read(store.object_path(digest)).unwrap()) == *digest
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_was_committed_is_found_and_placed() {
    let mut project = Project::new();
    assert!(!project.store.root().exists(), "opening creates nothing");
    assert_eq!(project.store.action(&digest("key")), None);

    let action = project.produce_file("key", "hello");
    assert_eq!(project.store.action(&digest("key")), Some(action.clone()));
    let out = output(&action);
    assert_eq!((out.size, out.file.as_str(), out.digest), (5, "out", Digest::of(b"hello")));
    assert!(project.store.has_object(&out.digest));
    assert_eq!(mode(&project.store.object_path(&out.digest)), 0o444);

    let result = project.path("results/x/out");
    assert!(!project.store.is_placed(out, &result));
    assert_ne!(project.store.place(out, &result).unwrap(), Placed::Unchanged);
    assert_eq!(fs::read_to_string(&result).unwrap(), "hello");
    assert!(project.store.is_placed(out, &result));
    assert_eq!(project.store.place(out, &result).unwrap(), Placed::Unchanged);

    project.reopen();
    assert!(project.store.is_placed(out, &result));
    assert!(matches!(project.store.begin(&digest("key")).unwrap(), Begin::Done(done) if *done == action));
    assert_eq!(project.store.take_warnings(), Vec::<String>::new());
}

#[test]
fn nothing_stays_of_a_stage_but_its_record_and_its_objects() {
    let mut project = Project::new();
    let action = project.produce("key", |path| {
        fs::write(path, "hello").unwrap();
        fs::write(path.with_file_name("scratch"), "of no use").unwrap();
    });
    project.store.place(output(&action), &project.path("out")).unwrap();
    project.reopen();
    let hex = output(&action).digest.to_hex();
    let expected = [
        ".gitignore".to_owned(),
        format!("actions/{}.json", digest("key")),
        "format".to_owned(),
        "index".to_owned(),
        "locks".to_owned(),
        format!("objects/{}/{}", &hex[..2], &hex[2..]),
    ];
    assert_eq!(files_below(project.store.root()), expected);
}

#[test]
fn a_second_look_writes_nothing() {
    let mut project = Project::new();
    let action = project.produce_file("key", "hello");
    project.store.place(output(&action), &project.path("out")).unwrap();
    fs::write(project.path("input"), "data").unwrap();
    project.store.digest_path(&project.path("input")).unwrap();
    project.reopen();
    let index = project.store.root().join("index");
    fs::remove_file(project.store.root().join("format")).unwrap();
    let before = fs::metadata(&index).unwrap();

    assert!(project.store.is_placed(output(&action), &project.path("out")));
    assert!(project.store.has_object(&output(&action).digest));
    project.store.place(output(&action), &project.path("out")).unwrap();
    project.store.digest_path(&project.path("input")).unwrap();
    project.reopen();
    let after = fs::metadata(&index).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    assert!(!project.store.root().join("format").exists());
}

#[test]
fn an_edit_of_a_result_is_undone_and_never_reaches_the_object() {
    // Large ones are hard links, where that is safe.
    for size in [5, 3 << 20] {
        let project = Project::new();
        let content = "x".repeat(size);
        let action = project.produce_file("key", &content);
        let (store, result) = (&project.store, project.path("out"));
        store.place(output(&action), &result).unwrap();

        // The root user may write whatever the mode; others would have to change it first.
        if fs::write(&result, "y".repeat(size)).is_ok() {
            assert!(object_is_whole(store, &action));
            assert!(!store.is_placed(output(&action), &result));
        }
        fs::remove_file(&result).unwrap();
        fs::write(&result, "y".repeat(size)).unwrap();
        assert!(!store.is_placed(output(&action), &result));
        store.place(output(&action), &result).unwrap();
        assert_eq!(fs::read_to_string(&result).unwrap(), content);
    }
}

#[test]
fn a_forced_result_replaces_the_older_one() {
    let project = Project::new();
    project.produce_file("key", "first");
    let claim = project.store.try_begin_again(&digest("key")).unwrap().unwrap();
    let second = commit(claim, |path| fs::write(path, "second").unwrap());
    assert_eq!(project.store.action(&digest("key")), Some(second));
}

#[test]
fn a_damaged_object_is_noticed_moved_aside_and_made_again() {
    let mut project = Project::new();
    let action = project.produce_file("key", "hello");
    project.reopen();
    let (store, out) = (&project.store, output(&action));
    let object = store.object_path(&out.digest);
    fs::remove_file(&object).unwrap();
    fs::write(&object, "jello").unwrap();

    assert!(!store.has_object(&out.digest));
    assert!(matches!(store.begin(&digest("key")).unwrap(), Begin::Work(_)), "a hit without content is none");
    let error = store.place(out, &project.path("out")).unwrap_err();
    assert!(matches!(&error, StoreError::DamagedObject { moved_to, .. } if moved_to.exists()), "{error}");
    let error = store.place(out, &project.path("out")).unwrap_err();
    assert!(matches!(error, StoreError::MissingObject { .. }), "{error}");

    let again = project.produce_file("key", "hello");
    assert!(object_is_whole(store, &again));
}

#[test]
fn producing_a_damaged_object_again_replaces_it() {
    let project = Project::new();
    let file = project.produce_file("file", "hello");
    let folder = project.produce("folder", |path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("a"), "hello").unwrap();
    });
    let object = project.store.object_path(&output(&file).digest);
    fs::remove_file(&object).unwrap();
    fs::write(&object, "jello").unwrap();
    fs::write(project.store.object_path(&output(&folder).digest).join("b"), "more").unwrap();

    let file = project.produce_file("other file", "hello");
    project.produce("other folder", |path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("a"), "hello").unwrap();
    });
    assert!(object_is_whole(&project.store, &file));
    assert!(project.store.has_object(&output(&folder).digest));
    assert_eq!(files_below(&project.store.root().join("damaged")).len(), 3);
}

#[test]
fn what_fails_leaves_no_action_and_its_folder() {
    let project = Project::new();
    let claim = work(&project.store, "key");
    fs::write(claim.directory().join("half"), "half done").unwrap();
    let folder = claim.directory().to_owned();
    let error = claim.commit(made(folder.join("missing"))).unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(project.store.action(&digest("key")), None);
    assert_eq!(files_below(&folder), ["half"]);
    assert_eq!(project.store.abandoned_stages(), [digest("key")]);

    let claim = work(&project.store, "key");
    assert_eq!(files_below(&folder), Vec::<String>::new(), "the next attempt starts afresh");
    assert_eq!(project.store.abandoned_stages(), []);
    claim.abandon();
    assert!(!folder.exists(), "an empty folder tells nothing");
}

#[test]
fn a_log_is_kept_with_its_result() {
    let project = Project::new();
    let log = project.path("log");
    let produce = |key: &str, text: &str| {
        fs::write(&log, text).unwrap();
        let claim = work(&project.store, key);
        let path = claim.directory().join("out");
        fs::write(&path, "hello").unwrap();
        let action = claim.commit(store::Made { log: Some(log.clone()), ..made(path) }).unwrap();
        assert!(log.exists());
        action.log
    };
    let kept = produce("a", "epoch 1\n").unwrap();
    assert_eq!(fs::read_to_string(project.store.object_path(&kept.digest)).unwrap(), "epoch 1\n");
    assert_eq!(produce("b", ""), None);
}

#[test]
fn a_newer_store_is_refused_with_advice() {
    let mut project = Project::new();
    project.produce_file("key", "hello");
    project.reopen();
    let format = project.store.root().join("format");
    store::write_document(&format, &serde_json::json!({"format": store::FORMAT + 1})).unwrap();
    let error = Store::open(&project.path("")).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { .. }), "{error}");
    assert!(error.hint().is_some());
}
