use super::{request::Request, response::Response};
use crate::{Document, LiveDocument, page};
use proto::RunRecord;
use results::{CompareError, CompareOptions};
use scheduler::runs;
use std::{
    io,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    sync::Arc,
    thread,
    time::Duration,
};
use store::Store;

/// What is served.
#[derive(Debug)]
pub struct Server {
    /// The project's folder.
    pub root: PathBuf,
    /// Its store, which is only read.
    pub store: Store,
    /// What to compare, and how.
    pub options: CompareOptions,
}

/// A browser that stops talking is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves the page on this machine alone, from a thread that lives as long as the process. Port 0 stands for any
/// that is free; returns the one in use.
///
/// # Errors
/// When the port is taken, or may not be used.
pub fn serve(server: Server, port: u16) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let port = listener.local_addr()?.port();
    let server = Arc::new(server);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let server = Arc::clone(&server);
            thread::spawn(move || server.answer(&stream, port));
        }
    });
    Ok(port)
}

impl Server {
    /// A browser that went away in the middle is not worth a word.
    fn answer(&self, stream: &TcpStream, port: u16) {
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let _ = stream.set_write_timeout(Some(PATIENCE));
        let (response, head_only) = match Request::read(stream, port) {
            Ok(request) => (self.respond(&request.path), request.head_only),
            Err(refusal) => (refusal, false),
        };
        let _ = response.send(stream, head_only);
    }

    /// Paths are names here, not files.
    fn respond(&self, path: &str) -> Response {
        let records = || runs::list(&self.store);
        let text = match path {
            "/" => self.document(&records()).and_then(|document| Ok(page(document.project(), &document)?)),
            "/data.json" => {
                self.document(&records()).and_then(|document| Ok(serde_json::to_string(&document)?))
            }
            "/live.json" => {
                serde_json::to_string(&LiveDocument::new(&self.store, &records())).map_err(Problem::from)
            }
            _ => return Response::error(404, "Not Found"),
        };
        match text {
            Ok(text) if path == "/" => Response::html(text),
            Ok(text) => Response::json(text),
            Err(Problem(problem)) => Response::failure(500, "Internal Server Error", &problem),
        }
    }

    fn document(&self, records: &[RunRecord]) -> Result<Document, Problem> {
        Ok(Document::new(&self.root, &self.store, records, &self.options, true)?)
    }
}

/// What a person at the browser is told.
struct Problem(String);

impl From<CompareError> for Problem {
    fn from(error: CompareError) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}
