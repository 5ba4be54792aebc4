//! Any file of the store, truncated at any byte or with any bit flipped: no panic, no false hit; at worst
//! the stage runs again.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Project, digest, output};
use proptest::prelude::*;
use std::{fs, path::Path};
use store::{ActionRecord, Digest, Placed, Store};

/// Calls `check` with the file at `path` damaged in every way, and restores it.
fn for_every_damage(path: &Path, mut check: impl FnMut(&str)) {
    let whole = fs::read(path).unwrap();
    let mut with = |bytes: &[u8], what: &str| {
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
        check(what);
    };
    for length in 0..whole.len() {
        with(&whole[..length], &format!("truncated to {length} bytes"));
    }
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        with(&bytes, &format!("bit {bit} flipped"));
    }
    with(&[&whole[..], b"x"].concat(), "one byte more");
    fs::write(path, whole).unwrap();
}

/// A store as the next process finds it.
fn open(project: &Project) -> Store {
    Store::open(&project.path("")).unwrap()
}

#[test]
fn of_an_action() {
    let mut project = Project::new();
    project.produce_file("key", "hello");
    project.reopen();
    let path = project.store.root().join(format!("actions/{}.json", digest("key")));
    for_every_damage(&path, |what| {
        let store = open(&project);
        assert_eq!(store.action(&digest("key")), None, "{what}");
        let warnings = store.take_warnings();
        assert!(warnings.len() == 1 && warnings[0].contains(&digest("key").to_hex()), "{what}: {warnings:?}");
    });
    assert!(open(&project).action(&digest("key")).is_some());
}

#[test]
fn of_an_action_that_is_another_ones() {
    let project = Project::new();
    project.produce_file("key", "hello");
    let actions = project.store.root().join("actions");
    let path = |key: &str| actions.join(format!("{}.json", digest(key)));
    fs::copy(path("key"), path("other")).unwrap();
    assert_eq!(project.store.action(&digest("other")), None);
    assert_eq!(project.store.take_warnings().len(), 1);
}

#[test]
fn of_an_object() {
    let mut project = Project::new();
    let action = project.produce_file("key", "hello");
    project.reopen();
    let out = output(&action);
    let object = project.store.object_path(&out.digest);
    for_every_damage(&object, |what| {
        let store = open(&project);
        assert!(!store.has_object(&out.digest), "{what}");
        assert!(!store.has_outputs(&action), "{what}");
    });
    assert!(open(&project).has_object(&out.digest));
}

#[test]
fn of_a_file_in_an_object_that_is_a_folder() {
    let mut project = Project::new();
    let action = project.produce("key", |path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("a"), "hello").unwrap();
    });
    project.reopen();
    let out = output(&action);
    for_every_damage(&project.store.object_path(&out.digest).join("a"), |what| {
        assert!(!open(&project).has_object(&out.digest), "{what}");
    });
}

#[test]
fn of_the_index() {
    let mut project = Project::new();
    let action = project.produce_file("key", "hello");
    let (input, result) = (project.path("input"), project.path("out"));
    fs::write(&input, "data").unwrap();
    project.store.digest_path(&input).unwrap();
    project.store.place(output(&action), &result).unwrap();
    project.reopen();
    for_every_damage(&project.store.root().join("index"), |what| {
        let store = open(&project);
        assert_eq!(store.digest_path(&input).unwrap(), Digest::of(b"data"), "{what}");
        assert_eq!(store.place(output(&action), &result).unwrap(), Placed::Unchanged, "{what}");
        assert!(store.has_object(&output(&action).digest), "{what}");
    });
}

#[test]
fn written_again_with_the_same_bytes_it_is_whole() {
    let mut project = Project::new();
    let action = project.produce_file("key", "hello");
    project.reopen();
    let path = project.store.root().join(format!("actions/{}.json", digest("key")));
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    assert_eq!(found(&open(&project), &action), Some(action));
}

/// What the store has for `action`'s key. The stamp is the file's, not the result's.
fn found(store: &Store, action: &ActionRecord) -> Option<ActionRecord> {
    store.action(&action.key).map(|found| ActionRecord { stamp: action.stamp, ..found })
}

#[test]
fn of_the_version() {
    let mut project = Project::new();
    project.produce_file("key", "hello");
    project.reopen();
    for_every_damage(&project.store.root().join("format"), |what| {
        let store = open(&project);
        assert_eq!(store.take_warnings().len(), 1, "{what}");
        assert!(store.action(&digest("key")).is_some(), "{what}");
    });
}

/// `whole` with the bytes from `start` on, `length` of them, replaced by `other`.
fn splice(whole: &[u8], start: prop::sample::Index, length: usize, other: &[u8]) -> Vec<u8> {
    let start = start.index(whole.len() + 1);
    let end = (start + length).min(whole.len());
    [&whole[..start], other, &whole[end..]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn of_any_kind_in_any_file(
        start in any::<prop::sample::Index>(),
        length in 0..200_usize,
        other in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut project = Project::new();
        let action = project.produce_file("key", "hello");
        project.store.place(output(&action), &project.path("out")).unwrap();
        project.reopen();
        let object = project.store.object_path(&output(&action).digest);
        let record = project.store.root().join(format!("actions/{}.json", digest("key")));
        let others = ["index", "format", "locks"].map(|name| project.store.root().join(name));
        let mut changed = Vec::new();
        for path in [&record, &object].into_iter().chain(&others) {
            let whole = fs::read(path).unwrap();
            let spliced = splice(&whole, start, length, &other);
            changed.push(spliced != whole);
            fs::remove_file(path).unwrap();
            fs::write(path, spliced).unwrap();
        }
        let store = open(&project);
        prop_assert_eq!(found(&store, &action), (!changed[0]).then(|| action.clone()));
        prop_assert_eq!(store.has_object(&output(&action).digest), !changed[1]);
        prop_assert!(store.is_placed(output(&action), &project.path("out")));
        prop_assert_eq!(store::verify(&store).unwrap().is_whole(), !changed[0] && !changed[1]);
        // Whatever was damaged, the stage can run again, and then all is well.
        let again = project.store.try_begin_again(&digest("key")).unwrap().unwrap();
        let again = common::commit(again, |path| fs::write(path, "hello").unwrap());
        prop_assert_eq!(&again.outputs, &action.outputs);
        prop_assert!(store::verify(&project.store).unwrap().is_whole());
    }

    /// A checksum that holds says that the file is whole, not that it makes sense.
    #[test]
    fn whole_documents_that_make_no_sense_are_no_result(fields in prop::collection::btree_map(field(), json(), 0..6)) {
        let project = Project::new();
        project.produce_file("key", "hello");
        let mut document: serde_json::Map<_, _> = fields.into_iter().collect();
        let _ = document.entry("key").or_insert_with(|| digest("key").to_hex().into());
        let path = project.store.root().join(format!("actions/{}.json", digest("key")));
        store::write_document(&path, &document).unwrap();
        let store = open(&project);
        if let Some(action) = store.action(&digest("key")) {
            prop_assert!(action.outputs.is_empty() || store.has_outputs(&action));
        }
        let _ = store::verify(&store).unwrap();
        let _ = common::gc(&store, &store::Roots::default(), true);
    }

    #[test]
    fn whole_indexes_of_any_records_are_no_hit(
        records in prop::collection::vec(prop::collection::vec(any::<u8>(), 88), 0..5),
        more in 0..2_usize,
    ) {
        let project = Project::new();
        fs::write(project.path("input"), "data").unwrap();
        project.produce_file("key", "hello");
        project.store.save_index().unwrap();
        let mut records = records.concat();
        records.extend(vec![7; more]);
        let checksum = Digest::of(&records);
        let index = [&b"pipeidx\x01"[..], checksum.as_bytes(), &records].concat();
        fs::write(project.store.root().join("index"), index).unwrap();
        prop_assert_eq!(open(&project).digest_path(&project.path("input")).unwrap(), Digest::of(b"data"));
    }
}

/// Names of an action's fields, and others.
fn field() -> impl Strategy<Value = String> {
    let known = ["format", "key", "key_document", "outputs", "metrics", "seconds", "finished", "run", "log"];
    prop_oneof![4 => prop::sample::select(known.map(str::to_owned).to_vec()), 1 => any::<String>()]
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let hex = digest("nowhere").to_hex();
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,8}".prop_map(Into::into),
        Just(hex.into()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let names =
            prop_oneof![Just("digest"), Just("size"), Just("file"), Just("out")].prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
            prop::collection::btree_map(names, inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}
