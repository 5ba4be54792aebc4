use crate::support::{Place, pairs, tree};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use std::{fs, io::Write};
use tar::{EntryType, Header};
use zip::{ZipWriter, write::SimpleFileOptions};

/// An entry for either format: its name, its mode, its content. A name that ends with a slash is a folder's.
pub type Item<'a> = (&'a str, u32, &'a [u8]);

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn tar_of(items: &[Item]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, mode, content) in items {
        let kind = if name.ends_with('/') { EntryType::Directory } else { EntryType::Regular };
        archive.append(&header(name, kind, *mode, content.len()), *content).unwrap();
    }
    archive.into_inner().unwrap()
}

/// A header whose name is not looked at.
pub fn header(name: &str, kind: EntryType, mode: u32, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size as u64);
    header.set_cksum();
    header
}

/// A link of either sort.
pub fn link(name: &str, kind: EntryType, target: &str) -> Header {
    let mut header = header(name, kind, 0o777, 0);
    header.as_gnu_mut().unwrap().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    header
}

pub fn tar_of_headers(headers: &[Header]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for header in headers {
        archive.append(header, &b""[..]).unwrap();
    }
    archive.into_inner().unwrap()
}

pub fn zip_of(items: &[Item]) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, mode, content) in items {
        let options = SimpleFileOptions::default().unix_permissions(*mode);
        if name.ends_with('/') {
            archive.add_directory(*name, options).unwrap();
        } else {
            archive.start_file(*name, options).unwrap();
            archive.write_all(content).unwrap();
        }
    }
    archive.finish().unwrap().into_inner()
}

const ITEMS: [Item; 6] = [
    ("set/", 0o755, b""),
    ("set/empty/", 0o700, b""),
    ("set/a.txt", 0o600, b"A"),
    ("set/run.sh", 0o755, b"#!/bin/sh"),
    ("set/deep/er/b.txt", 0o444, b"B"),
    ("./top.txt", 0o664, b"T"),
];

#[test]
fn every_format_gives_the_same_tree() {
    let expected = pairs(&[
        ("set/", ""),
        ("set/empty/", ""),
        ("set/a.txt", "A"),
        ("set/run.sh", "x#!/bin/sh"),
        ("set/deep/", ""),
        ("set/deep/er/", ""),
        ("set/deep/er/b.txt", "B"),
        ("top.txt", "T"),
    ]);
    let place = Place::new();
    let tar = tar_of(&ITEMS);
    for (name, archive) in
        [("a.tar", tar.clone()), ("a.tar.gz", gzip(&tar)), ("a.tgz", gzip(&tar)), ("a.zip", zip_of(&ITEMS))]
    {
        place.unpack(name, &archive).unwrap();
        assert_eq!(tree(&place.output()), expected, "{name}");
    }
}

#[test]
fn a_single_compressed_file_is_a_file() {
    let place = Place::new();
    let mut two_members = gzip(b"first ");
    two_members.extend(gzip(b"second"));
    place.unpack("labels.gz", &two_members).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), b"first second");
}

#[test]
fn an_archive_can_stay_as_it_is_and_a_name_that_does_not_tell_be_helped() {
    let place = Place::new();
    let archive = zip_of(&ITEMS);
    fs::write(place.path("x"), &archive).unwrap();
    fs::write(place.path("x.zip"), &archive).unwrap();
    let url = |name| format!("file://{}", place.path(name).display());
    place.fetch(json!({ "url": url("x.zip"), "unpack": false })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), archive);
    place.fetch(json!({ "url": url("x") })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), archive);
    place.fetch(json!({ "url": url("x"), "unpack": "zip" })).unwrap();
    assert!(place.output().join("set/a.txt").exists());
}

#[test]
fn links_that_stay_inside_are_made() {
    let file = tar_of(&[("d/a.txt", 0o644, b"A")]);
    let links = [
        link("d/l", EntryType::Symlink, "a.txt"),
        link("up", EntryType::Symlink, "d/../d/l"),
        link("folder", EntryType::Symlink, "e"),
        header("e/", EntryType::Directory, 0o755, 0),
        link("h", EntryType::Link, "./d/a.txt"),
    ];
    // Two archives in one: the first ends with two empty blocks of 512 bytes, which are left out.
    let archive = [&file[..1024], &tar_of_headers(&links)].concat();
    let place = Place::new();
    place.unpack("a.tar", &archive).unwrap();
    let expected = [
        ("d/", ""),
        ("d/a.txt", "A"),
        ("d/l", "-> a.txt"),
        ("up", "-> d/../d/l"),
        ("folder", "-> e"),
        ("e/", ""),
        ("h", "A"),
    ];
    assert_eq!(tree(&place.output()), pairs(&expected));
}

#[test]
fn long_names_and_remarks_on_all_entries_are_read() {
    let long = format!("{}/{}.txt", "folder".repeat(20), "name".repeat(40));
    let mut archive = tar::Builder::new(Vec::new());
    let remark = b"52 comment=0123456789012345678901234567890123456789\n";
    archive.append(&header("pax_global_header", EntryType::XGlobalHeader, 0o644, 52), &remark[..]).unwrap();
    let mut entry = header("", EntryType::Regular, 0o644, 1);
    archive.append_data(&mut entry, &long, &b"L"[..]).unwrap();
    let place = Place::new();
    place.unpack("a.tar", &archive.into_inner().unwrap()).unwrap();
    assert_eq!(fs::read(place.output().join(long)).unwrap(), b"L");
}
