//! A stage's way through the store: begin, commit, find, place, edit, restore.

#![allow(clippy::unwrap_used)]

use serde_json::json;
use std::{fs, path::Path};
use store::{ActionRecord, Begin, Claim, Digest, Made, Placed, Store, StoreError};

fn work(store: &Store, key: &Digest) -> Claim {
    match store.begin(key).unwrap() {
        Begin::Work(claim) => claim,
        Begin::Done(action) => panic!("already done: {action:?}"),
    }
}

/// Commits one output `note` with this content.
fn commit(claim: Claim, content: &str) -> ActionRecord {
    let path = claim.directory().join("note.md");
    fs::write(&path, content).unwrap();
    let outputs = vec![("note".to_owned(), path, "note.md".to_owned())];
    claim.commit(Made { key_document: json!({"kind": "command"}), outputs, ..Made::default() }).unwrap()
}

fn object_is_whole(store: &Store, action: &ActionRecord) -> bool {
    let digest = &action.outputs["note"].digest;
    Digest::of(&fs::read(store.object_path(digest)).unwrap()) == *digest
}

fn files_below(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| entries.count())
}

#[test]
fn what_was_committed_is_found_and_placed() {
    let project = tempfile::tempdir().unwrap();
    let store = Store::open(project.path()).unwrap();
    assert!(!store.root().exists(), "opening creates nothing");
    let key = Digest::of(b"key");
    assert_eq!(store.action(&key), None);

    let action = commit(work(&store, &key), "hello");
    assert_eq!(store.action(&key), Some(action.clone()));
    assert_eq!(files_below(&store.root().join("stages")), 0);
    let note = &action.outputs["note"];
    assert_eq!((note.size, note.file.as_str(), note.digest), (5, "note.md", Digest::of(b"hello")));
    assert!(store.has_object(&note.digest));

    let result = project.path().join("results/x/note.md");
    assert!(!store.is_placed(note, &result));
    assert_ne!(store.place(note, &result).unwrap(), Placed::Unchanged);
    assert_eq!(fs::read_to_string(&result).unwrap(), "hello");
    assert!(store.is_placed(note, &result));
    assert_eq!(store.place(note, &result).unwrap(), Placed::Unchanged);

    store.save_index().unwrap();
    let later = Store::open(project.path()).unwrap();
    assert!(later.is_placed(note, &result));
    assert!(matches!(later.begin(&key).unwrap(), Begin::Done(done) if *done == action));
    assert_eq!(later.take_warnings(), Vec::<String>::new());
}

#[test]
fn an_edit_of_a_result_is_undone_and_never_reaches_the_object() {
    let project = tempfile::tempdir().unwrap();
    let store = Store::open(project.path()).unwrap();
    let action = commit(work(&store, &Digest::of(b"key")), "hello");
    let note = &action.outputs["note"];
    let result = project.path().join("note.md");
    store.place(note, &result).unwrap();

    fs::write(&result, "jello").unwrap();
    assert!(object_is_whole(&store, &action));
    assert!(!store.is_placed(note, &result));
    store.place(note, &result).unwrap();
    assert_eq!(fs::read_to_string(&result).unwrap(), "hello");
}

#[test]
fn a_forced_result_replaces_the_older_one() {
    let project = tempfile::tempdir().unwrap();
    let store = Store::open(project.path()).unwrap();
    let key = Digest::of(b"key");
    commit(work(&store, &key), "first");
    let second = commit(store.try_begin_again(&key).unwrap().unwrap(), "second");
    assert_eq!(store.action(&key), Some(second));
}

#[test]
fn a_damaged_object_is_noticed_moved_aside_and_made_again() {
    let project = tempfile::tempdir().unwrap();
    let store = Store::open(project.path()).unwrap();
    let key = Digest::of(b"key");
    let action = commit(work(&store, &key), "hello");
    let note = &action.outputs["note"];
    let object = store.object_path(&note.digest);
    fs::remove_file(&object).unwrap();
    fs::write(&object, "jello").unwrap();

    assert!(!store.has_object(&note.digest));
    let error = store.place(note, &project.path().join("note.md")).unwrap_err();
    assert!(matches!(&error, StoreError::DamagedObject { moved_to, .. } if moved_to.exists()), "{error}");
    let error = store.place(note, &project.path().join("note.md")).unwrap_err();
    assert!(matches!(error, StoreError::MissingObject { .. }), "{error}");

    let again = commit(work(&store, &key), "hello");
    assert!(object_is_whole(&store, &again));
}
