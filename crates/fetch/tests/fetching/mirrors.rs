use crate::support::{Place, bytes, sha256};
use fetch::FetchError;
use serde_json::json;
use std::{fs, time::Duration};
use testkit::{Answer, Server};

#[test]
fn a_file_is_downloaded_checked_and_kept_as_it_is() {
    let content = bytes(700_000);
    let body = content.clone();
    let server = Server::start(move |_| Answer::whole(&body));
    let place = Place::new();
    let fetched = place.fetch(json!({ "url": server.url("/x.bin") })).unwrap();
    assert_eq!((fetched.bytes, fetched.checksum), (700_000, sha256(&content)));
    assert_eq!(fs::read(place.output()).unwrap(), content);
    assert_eq!(*place.downloaded.lock().unwrap(), 700_000);

    let md5 = json!({ "url": server.url("/x.bin"), "checksum": "md5:900150983cd24fb0d6963f7d28e17f72" });
    let message = Place::new().fetch(md5).unwrap_err().to_string();
    assert!(message.contains("its content is md5:") && message.contains("not md5:9001"), "{message}");
}

#[test]
fn redirects_are_followed_with_the_range() {
    let content = bytes(100_000);
    let body = content.clone();
    let server = Server::start(move |request| match (request.path.as_str(), request.range()) {
        ("/old", _) => Answer::status(302).header("Location", "/new"),
        (_, None) => Answer::file(&body, "\"a\"", request).dropped_after(60_000),
        _ => Answer::file(&body, "\"a\"", request),
    });
    let place = Place::new();
    place.fetch(json!({ "url": server.url("/old"), "checksum": sha256(&content) })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), content);
    let asked: Vec<_> = server.requests().iter().map(|r| (r.path.clone(), r.range())).collect();
    assert_eq!(asked[1], ("/new".to_owned(), None));
    assert!(
        asked[3].0 == "/new" && asked[3].1.is_some_and(|start| start > 0 && start <= 60_000),
        "{asked:?}"
    );

    let turning = Server::start(|_| Answer::status(302).header("Location", "/again"));
    let error = Place::new().fetch(json!({ "url": turning.url("/") })).unwrap_err();
    assert!(error.to_string().contains("redirect"), "{error}");
}

#[test]
fn a_busy_server_is_asked_again() {
    let server = Server::start(|request| match request.number {
        0 => Answer::status(503).header("Retry-After", "0"),
        1 => Answer::status(429),
        2 => Answer::status(500),
        _ => Answer::whole(b"here"),
    });
    let place = Place::new();
    place.fetch(json!({ "url": server.url("/x") })).unwrap();
    let warned = place.warned();
    assert!(warned[0].contains("status 503") && warned[0].contains("tries again in 0.0 s"), "{warned:?}");
    assert_eq!(warned.len(), 3);
}

#[test]
fn one_that_stays_busy_is_given_up_and_one_that_refuses_is_not_asked_twice() {
    let server = Server::start(|request| match request.path.as_str() {
        "/busy" => Answer::status(503),
        "/later" => Answer::status(503).header("Retry-After", "86400"),
        "/gone" => Answer::status(404),
        _ => Answer::whole(b"here"),
    });
    let place = Place::new();
    let urls = ["/busy", "/later", "/gone", "/x"].map(|path| server.url(path));
    place.fetch(json!({ "url": urls })).unwrap();
    let count = |path: &str| server.requests().iter().filter(|request| request.path == path).count();
    assert_eq!([count("/busy"), count("/later"), count("/gone"), count("/x")], [5, 1, 1, 1]);

    let error = place.fetch(json!({ "url": urls[..3] })).unwrap_err();
    let message = error.to_string();
    for part in
        ["none of 3 mirrors", "/busy: status 503", "5 times", "asks to wait 86400 s", "/gone: status 404"]
    {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert!(error.hints().iter().any(|hint| hint.contains("file:///")), "{:?}", error.hints());
}

#[test]
fn a_mirror_with_other_bytes_is_named_and_the_next_one_tried() {
    let content = bytes(50_000);
    let body = content.clone();
    let server = Server::start(move |request| match request.path.as_str() {
        "/bad" => Answer::file(b"<html>moved</html>", "\"b\"", request),
        _ => Answer::file(&body, "\"a\"", request),
    });
    let place = Place::new();
    let urls = ["/bad", "/good"].map(|path| server.url(path));
    place.fetch(json!({ "url": urls, "checksum": sha256(&content) })).unwrap();
    assert_eq!(fs::read(place.output()).unwrap(), content);
    let warned = place.warned();
    assert!(warned[0].contains("/bad") && warned[0].contains("tries the next mirror"), "{warned:?}");
    assert_eq!(server.requests().len(), 2);

    let error = place.fetch(json!({ "url": urls[0], "checksum": sha256(&content) })).unwrap_err();
    assert!(error.hints()[0].contains("change `checksum`"), "{:?}", error.hints());
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let server = Server::start(|request| match request.path.as_str() {
        "/silent" => Answer::whole(&bytes(1000)).held_after(10),
        _ => Answer::whole(b"here"),
    });
    let place = Place { stall: Duration::from_millis(50), ..Place::new() };
    place.fetch(json!({ "url": [server.url("/silent"), server.url("/x")] })).unwrap();
    assert!(place.warned().last().unwrap().contains("nothing came for too long"), "{:?}", place.warned());
}

#[test]
fn nobody_there_is_an_error_that_names_the_address() {
    let error = Place::new().fetch(json!({ "url": "http://127.0.0.1:1/x" })).unwrap_err();
    assert!(
        matches!(error, FetchError::Mirrors { .. }) && error.to_string().contains("127.0.0.1:1/x"),
        "{error}"
    );
    let error = Place::new().fetch(json!({ "url": "file:///no/such/file" })).unwrap_err();
    assert!(error.to_string().contains("cannot read /no/such/file"), "{error}");
}
