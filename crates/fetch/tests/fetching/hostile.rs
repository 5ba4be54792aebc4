use crate::{
    archives::{Item, gzip, header, link, tar_of, tar_of_headers, zip_of},
    support::Place,
};
use fetch::FetchError;
use std::{
    io::{Cursor, Write},
    sync::atomic::Ordering,
};
use tar::EntryType;
use zip::{ZipWriter, write::SimpleFileOptions};

/// The archive is refused for this entry and this reason, and nothing is left of it, inside or outside.
#[track_caller]
fn refused(name: &str, archive: &[u8], entry: &str, reason: &str) {
    let place = Place::new();
    let error = place.unpack(name, archive).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(entry) && message.contains(reason), "{message}");
    let mut left: Vec<_> =
        std::fs::read_dir(place.path(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [name, "partial"], "{message}");
}

#[test]
fn names_that_lead_outside_are_refused() {
    for (entry, reason) in [
        ("../evil", "has `..` in its name"),
        ("a/../../evil", "has `..` in its name"),
        ("a/../b", "has `..` in its name"),
        ("/tmp/evil", "has an absolute path as its name"),
    ] {
        let items: [Item; 2] = [("good.txt", 0o644, b"G"), (entry, 0o644, b"E")];
        refused("a.tar", &tar_of(&items), entry, reason);
        refused("a.tar.gz", &gzip(&tar_of(&items)), entry, reason);
        refused("a.zip", &zip_of(&items), entry, reason);
    }
    refused("a.zip", &zip_of(&[("..\\evil", 0o644, b"E")]), "../evil", "has `..` in its name");
}

#[test]
fn links_that_lead_outside_are_refused() {
    let symbolic = |name, target| tar_of_headers(&[link(name, EntryType::Symlink, target)]);
    refused("a.tar", &symbolic("l", "../x"), "l", "outside of the folder");
    refused("a.tar", &symbolic("d/l", "../../x"), "d/l", "outside of the folder");
    refused("a.tar", &symbolic("l", "/etc/passwd"), "l", "outside of the folder");
    refused("a.tar", &symbolic("l", "nothing"), "l", "does not hold");
    refused("a.tar", &symbolic("l", "l"), "l", "in a circle");
    let hard = |target| tar_of_headers(&[link("h", EntryType::Link, target)]);
    refused("a.tar", &hard("../x"), "h", "outside of the folder");
    refused("a.tar", &hard("/etc/passwd"), "h", "outside of the folder");
    refused("a.tar", &hard("nothing"), "h", "no file of the archive");

    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("l", "../../etc", SimpleFileOptions::default()).unwrap();
    refused("a.zip", &zip.finish().unwrap().into_inner(), "l", "outside of the folder");
}

#[test]
fn a_link_over_a_link_leads_nowhere_else_than_it_says() {
    // `p/q/s` is the folder itself, so what reads like `p/q` lies above it.
    let folders = header("p/q/", EntryType::Directory, 0o755, 0);
    let first = link("p/q/s", EntryType::Symlink, "../..");
    let second = link("t", EntryType::Symlink, "p/q/s/..");
    refused(
        "a.tar",
        &tar_of_headers(&[folders.clone(), second, first.clone()]),
        "t",
        "outside of the folder",
    );
    refused("a.tar", &tar_of_headers(&[folders, first]), "p/q/s", "a folder that holds links itself");
}

#[test]
fn nothing_is_written_through_a_link() {
    let there = link("d", EntryType::Symlink, "e");
    let through = header("d/file", EntryType::Regular, 0o644, 0);
    refused("a.tar", &tar_of_headers(&[there, through]), "d/file", "is no folder");
}

#[test]
fn what_is_no_file_is_refused() {
    for kind in [EntryType::Fifo, EntryType::Char, EntryType::Block] {
        refused("a.tar", &tar_of_headers(&[header("dev", kind, 0o644, 0)]), "dev", "a device or a pipe");
    }
    refused("a.tar", &tar_of_headers(&[header("odd", EntryType::new(b'Q'), 0o644, 0)]), "odd", "not known");
}

#[test]
fn a_path_that_is_there_twice_is_refused() {
    let twice: [Item; 2] = [("a", 0o644, b"1"), ("./a", 0o644, b"2")];
    refused("a.tar", &tar_of(&twice), "a", "is there twice");
    refused("a.zip", &zip_of(&twice), "a", "is there twice");
    let below: [Item; 2] = [("a", 0o644, b"1"), ("a/b", 0o644, b"2")];
    refused("a.tar", &tar_of(&below), "a/b", "is no folder");
    refused("a.zip", &zip_of(&below), "a/b", "is no folder");
    let above: [Item; 2] = [("a/b", 0o644, b"1"), ("a", 0o644, b"2")];
    refused("a.tar", &tar_of(&above), "a", "is there twice");

    // The same name in the list itself, which no writer makes.
    let mut same = zip_of(&[("first", 0o644, b"1"), ("other", 0o644, b"2")]);
    let places: Vec<usize> = (0..same.len() - 5).filter(|&at| &same[at..at + 5] == b"other").collect();
    places.iter().for_each(|&at| same[at..at + 5].copy_from_slice(b"first"));
    refused("a.zip", &same, "zip", "the same name");
}

#[test]
fn what_is_no_archive_is_said_to_be_none() {
    refused("a.zip", b"<html>not found</html>", "zip", "no readable");
    refused("a.tar.gz", b"<html>not found</html>", "tar", "no readable");
    refused("a.gz", b"<html>not found</html>", "gzip", "no readable");
    let whole = gzip(&tar_of(&[("a", 0o644, &[7; 5000])]));
    refused("a.tar.gz", &whole[..whole.len() - 9], "tar", "no readable");
    let mut damaged = zip_of(&[("a", 0o644, &[7; 5000])]);
    let middle = damaged.windows(1).position(|b| b == b"a").unwrap() + 8;
    damaged[middle] ^= 0xff;
    refused("a.zip", &damaged, "a", "cannot be read");
}

#[test]
fn more_than_the_disk_holds_is_refused_before_it_is_written() {
    // The list says that the file has almost four gigabytes a thousand times.
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..4000 {
        zip.start_file(number.to_string(), SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
    }
    let mut bomb = zip.finish().unwrap().into_inner();
    let starts: Vec<usize> = (0..bomb.len() - 4).filter(|&at| &bomb[at..at + 4] == b"PK\x01\x02").collect();
    starts.iter().for_each(|&at| bomb[at + 24..at + 28].copy_from_slice(&0xffff_fff0_u32.to_le_bytes()));
    let place = Place::new();
    let error = place.unpack("a.zip", &bomb).unwrap_err();
    assert!(matches!(error, FetchError::NoRoom { .. }), "{error}");
    assert!(error.hints()[0].contains("free some space") && !place.output().exists());
}

#[test]
fn a_name_of_gigabytes_is_not_read_into_memory() {
    let name = header("././@LongLink", EntryType::new(b'L'), 0o644, 64 << 20);
    let mut archive = name.as_bytes().to_vec();
    archive.resize(archive.len() + (64 << 20), b'n');
    refused("a.tar.gz", &gzip(&archive), "tar", "more than 1 MiB");
}

#[test]
fn unpacking_stops_when_told_to() {
    let place = Place::new();
    place.stop.store(true, Ordering::Relaxed);
    let ended = place.unpack("a.zip", &zip_of(&[("a", 0o644, b"1")]));
    assert!(matches!(ended, Err(FetchError::Interrupted)), "{ended:?}");
}
