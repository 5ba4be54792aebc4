use crate::{
    archives::{gzip, header, link, tar_of, zip_of},
    support::Place,
};
use proptest::prelude::*;
use std::{collections::BTreeSet, ffi::OsString, fs};
use tar::EntryType;

/// What may lie in a place once an archive has been unpacked there, or has not.
fn allowed(name: &str, place: &Place) -> BTreeSet<OsString> {
    let output = place.output().file_name().unwrap().to_owned();
    BTreeSet::from([name.into(), "partial".into(), output])
}

/// Unpacks whatever it is; checks that nothing lies outside of its folder, and no link leads there.
fn unpack(name: &str, archive: &[u8]) {
    let place = Place::new();
    let is_done = place.unpack(name, archive).is_ok();
    let left: BTreeSet<OsString> =
        fs::read_dir(place.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_subset(&allowed(name, &place)), "{left:?}");
    assert_eq!(place.output().exists(), is_done);
    if place.output().is_dir() {
        let root = place.output().canonicalize().unwrap();
        check_links(&root, &root);
    }
}

fn check_links(root: &std::path::Path, folder: &std::path::Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_symlink() {
            assert!(path.canonicalize().unwrap().starts_with(root), "{}", path.display());
        } else if metadata.is_dir() {
            check_links(root, &path);
        }
    }
}

/// Paths of a few parts, some of which lead up.
fn path() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "b", "c", "..", ".", "a", "b"]);
    (any::<bool>(), prop::collection::vec(part, 1..4))
        .prop_map(|(is_absolute, parts)| format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/")))
        .prop_filter("a name", |name| !name.is_empty())
}

/// Entries of a tar archive, links among them.
fn entries() -> impl Strategy<Value = Vec<u8>> {
    let inside = prop::sample::select(vec!["a", "b", "a/b", "a/c", "b/a", "c", "a/b/c", "c/a/b"]);
    let name = prop_oneof![8 => inside.prop_map(str::to_owned), 1 => path()];
    let kind = prop::sample::select(vec![b'0', b'2', b'2', b'5', b'1']);
    prop::collection::vec((name, kind, path()), 1..8).prop_map(|entries| {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, kind, target) in entries {
            let kind = EntryType::new(kind);
            let header = match kind {
                EntryType::Symlink | EntryType::Link => link(&name, kind, &target),
                _ => header(&name, kind, 0o644, 0),
            };
            archive.append(&header, &b""[..]).unwrap();
        }
        archive.into_inner().unwrap()
    })
}

/// A few bytes of an archive are changed, and its end cut off or not.
fn mutated(archive: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = archive.len();
    let changes = prop::collection::vec((0..length, any::<u8>()), 0..6);
    (changes, prop_oneof![3 => Just(length), 1 => 0..length]).prop_map(move |(changes, end)| {
        let mut archive = archive.clone();
        changes.iter().for_each(|&(at, byte)| archive[at] = byte);
        archive.truncate(end);
        archive
    })
}

fn small_zip() -> Vec<u8> {
    zip_of(&[
        ("a/", 0o755, b""),
        ("a/b", 0o644, b"some text some text"),
        ("c", 0o755, b"x"),
        ("d/e", 0o600, b""),
    ])
}

fn small_tar() -> Vec<u8> {
    tar_of(&[("a/", 0o755, b""), ("a/b", 0o644, b"some text"), ("c", 0o755, b"x"), ("d/e", 0o600, b"")])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn links_and_names_of_every_sort_stay_inside(archive in entries()) {
        unpack("a.tar", &archive);
    }

    #[test]
    fn a_mutated_zip_harms_nobody(archive in mutated(small_zip())) {
        unpack("a.zip", &archive);
    }

    #[test]
    fn a_mutated_tar_harms_nobody(archive in mutated(small_tar())) {
        unpack("a.tar", &archive);
    }

    #[test]
    fn a_mutated_gzip_harms_nobody(archive in mutated(gzip(&small_tar()))) {
        unpack("a.tar.gz", &archive);
        unpack("a.gz", &archive);
    }

    #[test]
    fn any_bytes_harm_nobody(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for name in ["a.zip", "a.tar", "a.tar.gz", "a.gz"] {
            unpack(name, &bytes);
        }
    }
}
