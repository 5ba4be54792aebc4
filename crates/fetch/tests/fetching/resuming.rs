use crate::support::{Place, bytes, sha256};
use fetch::FetchError;
use serde_json::json;
use std::fs;
use testkit::{Answer, Request, Server};

const SIZE: usize = 1_000_000;

/// How many bytes each request left out.
fn offsets(server: &Server) -> Vec<usize> {
    server.requests().iter().map(|request| request.range().unwrap_or(0)).collect()
}

#[test]
fn a_dropped_connection_costs_nothing_that_had_come() {
    let content = bytes(SIZE);
    let body = content.clone();
    let server = Server::start(move |request| Answer::file(&body, "\"a\"", request).dropped_after(300_000));
    let place = Place::new();
    // With a checksum and without: the tag tells that the file is the same.
    for fields in
        [json!({ "url": server.url("/x") }), json!({ "url": server.url("/x"), "checksum": sha256(&content) })]
    {
        let before = server.requests().len();
        place.fetch(fields).unwrap();
        assert_eq!(fs::read(place.output()).unwrap(), content);
        assert_eq!(offsets(&server)[before..], [0, 300_000, 600_000, 900_000]);
    }
    assert!(place.warned()[0].contains("tries again"), "{:?}", place.warned());
}

#[test]
fn a_server_that_ignores_ranges_begins_anew_and_is_given_up_if_it_never_ends() {
    let content = bytes(SIZE);
    let body = content.clone();
    let server = Server::start(move |request: &Request| match request.number {
        0 => Answer::whole(&body).dropped_after(400_000),
        _ => Answer::whole(&body),
    });
    let place = Place::new();
    place.fetch(json!({ "url": server.url("/x"), "checksum": sha256(&content) })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), content);
    assert_eq!(offsets(&server), [0, 400_000]);

    let body = content.clone();
    let never = Server::start(move |_| Answer::whole(&body).dropped_after(400_000));
    let error = place.fetch(json!({ "url": never.url("/x") })).unwrap_err();
    assert!(error.to_string().contains("(5 times)"), "{error}");
}

#[test]
fn a_file_that_changes_meanwhile_is_downloaded_whole() {
    let (old, new) = (bytes(SIZE), bytes(SIZE + 7)[7..].to_vec());
    let body = new.clone();
    let server = Server::start(move |request| match request.number {
        0 => Answer::file(&old, "\"old\"", request).dropped_after(500_000),
        _ => Answer::file(&body, "\"new\"", request),
    });
    let place = Place::new();
    place.fetch(json!({ "url": server.url("/x") })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), new);
    assert_eq!(offsets(&server), [0, 500_000]);
}

#[test]
fn parts_of_two_versions_are_not_taken_for_one_file() {
    let (old, new) = (bytes(SIZE), bytes(SIZE + 7)[7..].to_vec());
    let body = new.clone();
    // It has no tag, so that only the checksum can tell.
    let server = Server::start(move |request| match (request.number, request.range()) {
        (0, _) => Answer::whole(&old).dropped_after(500_000),
        (_, Some(start)) => {
            let whole = Answer::file(&body, "", request);
            assert!(start == 500_000);
            whole
        }
        (_, None) => Answer::whole(&body),
    });
    let place = Place::new();
    place.fetch(json!({ "url": server.url("/x"), "checksum": sha256(&new) })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), new);
    assert_eq!(offsets(&server), [0, 500_000, 0]);
    assert!(place.warned()[1].contains("begins again"), "{:?}", place.warned());
}

#[test]
fn another_mirror_goes_on_where_the_first_ended() {
    let content = bytes(SIZE);
    let body = content.clone();
    let server = Server::start(move |request| match (request.path.as_str(), request.range()) {
        ("/first", None) => Answer::file(&body, "\"a\"", request).dropped_after(700_000),
        ("/first", _) => Answer::status(404),
        _ => Answer::file(&body, "\"other\"", request),
    });
    let place = Place::new();
    let urls = [server.url("/first"), server.url("/second")];
    place.fetch(json!({ "url": urls, "checksum": sha256(&content) })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), content);
    assert_eq!(offsets(&server), [0, 700_000, 700_000]);
}

#[test]
fn a_stopped_download_goes_on_in_the_next_run() {
    let content = bytes(SIZE);
    let body = content.clone();
    let server = Server::start(move |request| match request.number {
        0 => Answer::file(&body, "\"a\"", request).held_after(600_000),
        _ => Answer::file(&body, "\"a\"", request),
    });
    let fields = json!({ "url": server.url("/x"), "checksum": sha256(&content) });
    let mut place = Place { stop_at: 600_000, ..Place::new() };
    let ended = place.fetch(fields.clone());
    assert!(matches!(ended, Err(FetchError::Interrupted)), "{ended:?}");
    assert!(!place.output().exists());

    (place.stop_at, place.stop) = (u64::MAX, false.into());
    place.fetch(fields).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), content);
    assert_eq!(offsets(&server), [0, 600_000]);
}

#[test]
fn a_whole_download_is_not_asked_for_again_and_a_damaged_one_is() {
    let content = bytes(SIZE);
    let body = content.clone();
    let server = Server::start(move |request| Answer::file(&body, "\"a\"", request));
    let fields = json!({ "url": server.url("/x.tar"), "checksum": sha256(&content) });
    let place = Place::new();
    // It is no archive, so the download stays.
    assert!(matches!(place.fetch(fields.clone()), Err(FetchError::Archive { .. })));
    assert!(matches!(place.fetch(fields.clone()), Err(FetchError::Archive { .. })));
    assert_eq!(offsets(&server), [0]);

    let file = place.path("partial/download");
    let mut damaged = content.clone();
    damaged[5] ^= 1;
    fs::write(&file, damaged).unwrap();
    assert!(matches!(place.fetch(fields), Err(FetchError::Archive { .. })));
    assert_eq!(fs::read(&file).unwrap(), content);
    assert_eq!(offsets(&server), [0, SIZE, 0]);
}

#[test]
fn without_a_checksum_nothing_is_continued_that_a_power_cut_may_have_torn() {
    let content = bytes(SIZE);
    let body = content.clone();
    let server = Server::start(move |request| match request.number {
        0 => Answer::file(&body, "\"a\"", request).held_after(600_000),
        _ => Answer::file(&body, "\"a\"", request),
    });
    let mut place = Place { stop_at: 600_000, ..Place::new() };
    assert!(place.fetch(json!({ "url": server.url("/x") })).is_err());
    (place.stop_at, place.stop) = (u64::MAX, false.into());
    place.fetch(json!({ "url": server.url("/x") })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), content);
    assert_eq!(offsets(&server), [0, 0]);
}

#[test]
fn two_at_once_do_not_mix_their_bytes() {
    let content = bytes(SIZE);
    let body = content.clone();
    let server = Server::start(move |request| Answer::file(&body, "\"a\"", request));
    let place = Place::new();
    let fields = json!({ "url": server.url("/x.gz"), "checksum": sha256(&content) });
    std::thread::scope(|scope| {
        let both = [0, 1].map(|_| scope.spawn(|| place.fetch(fields.clone())));
        // It is not gzip; what matters is that each found the whole download.
        for ended in both {
            assert!(matches!(ended.join().unwrap(), Err(FetchError::Archive { .. })));
        }
    });
    assert_eq!(fs::read(place.path("partial/download")).unwrap(), content);
    assert_eq!(server.requests().len(), 1);
}
