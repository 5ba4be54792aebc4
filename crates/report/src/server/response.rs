use std::io::{self, Write};

/// An answer to a browser.
#[derive(Debug)]
pub(super) struct Response {
    status: u16,
    reason: &'static str,
    content_type: &'static str,
    body: String,
}

/// The page may ask this server and nobody else, no other page may use what it answers, and nothing is kept.
const HEADERS: &str = "Cache-Control: no-store\r\n\
    Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
    img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n\
    Referrer-Policy: no-referrer\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Connection: close\r\n";

impl Response {
    pub fn html(body: String) -> Self {
        Self { status: 200, reason: "OK", content_type: "text/html; charset=utf-8", body }
    }

    pub fn json(body: String) -> Self {
        Self { status: 200, reason: "OK", content_type: "application/json", body }
    }

    pub fn error(status: u16, reason: &'static str) -> Self {
        Self::failure(status, reason, reason)
    }

    /// An error that is explained.
    pub fn failure(status: u16, reason: &'static str, text: &str) -> Self {
        Self { status, reason, content_type: "text/plain; charset=utf-8", body: format!("{text}\n") }
    }

    #[cfg(test)]
    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn send(&self, mut stream: impl Write, head_only: bool) -> io::Result<()> {
        let Self { status, reason, content_type, body } = self;
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{HEADERS}\r\n"
        );
        stream.write_all(head.as_bytes())?;
        if !head_only {
            stream.write_all(body.as_bytes())?;
        }
        stream.flush()
    }
}
