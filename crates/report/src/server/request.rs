use super::response::Response;
use std::io::{BufRead, BufReader, Read};

/// A request that may be answered: its path without the query.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub path: String,
    /// `HEAD`: the answer has no body.
    pub head_only: bool,
}

/// A browser's request lines and headers are shorter.
const MOST_BYTES: u64 = 16 << 10;

impl Request {
    /// Reads a request up to its body, of which there must be none to care about. What is not meant for this
    /// server is refused with the answer to give.
    pub fn read(stream: impl Read, port: u16) -> Result<Self, Response> {
        let mut lines = BufReader::new(stream.take(MOST_BYTES)).lines();
        let mut next = || lines.next().and_then(Result::ok).ok_or(Response::error(400, "Bad Request"));
        let first = next()?;
        let mut host = None;
        loop {
            let line = next()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("host")
            {
                host = Some(value.trim().to_owned());
            }
        }
        if !host.is_some_and(|host| is_loopback(&host, port)) {
            return Err(Response::error(403, "Forbidden"));
        }
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if method != "GET" && method != "HEAD" {
            return Err(Response::error(405, "Method Not Allowed"));
        }
        let path = target.split('?').next().unwrap_or_default().to_owned();
        Ok(Self { path, head_only: method == "HEAD" })
    }
}

/// Whether a browser was told to come here by a name of this machine. A page from elsewhere whose name was made
/// to point here (DNS rebinding) asks with that name, and must not read the experiments.
fn is_loopback(host: &str, port: u16) -> bool {
    let (name, given) = match host.rsplit_once(':') {
        Some((name, given)) if !given.ends_with(']') => (name, given.parse().ok()),
        _ => (host, Some(80)),
    };
    let names = ["localhost", "127.0.0.1", "[::1]"];
    given == Some(port) && names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Request, u16> {
        Request::read(text.as_bytes(), 8080).map_err(|response| response.status())
    }

    #[test]
    fn requests_to_a_name_of_this_machine_are_read() {
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LocalHost:8080"] {
            let request = read(&format!("GET /a?b=c HTTP/1.1\r\nHOST: {host}\r\nAccept: */*\r\n\r\n"));
            assert_eq!(request, Ok(Request { path: "/a".to_owned(), head_only: false }), "{host}");
        }
    }

    #[test]
    fn requests_to_another_name_are_refused() {
        for host in [
            "evil.example:8080",
            "localhost",
            "localhost:80",
            "127.0.0.1.evil.example:8080",
            "localhost:8080.evil.example",
            "",
            "[::1]",
        ] {
            assert_eq!(read(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")), Err(403), "{host}");
        }
        assert_eq!(read("GET / HTTP/1.1\r\n\r\n"), Err(403));
    }

    #[test]
    fn other_methods_and_what_is_not_whole_are_refused() {
        assert_eq!(read("POST / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"), Err(405));
        for text in ["", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost:8080\r\n", "\u{ff}\r\n"] {
            assert_eq!(read(text), Err(400), "{text:?}");
        }
        let endless = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(1 << 20));
        assert_eq!(read(&endless), Err(400), "cut off before its end");
    }
}
