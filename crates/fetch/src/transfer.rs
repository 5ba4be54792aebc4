use crate::{FetchError, Monitor};
use std::{
    fs::File,
    io::{self, Read},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};
use ureq::{Agent, http::HeaderMap};

/// How many bytes are read at once.
const PIECE: usize = 128 << 10;
/// How many pieces may wait to be written.
const WAITING: usize = 8;
/// How often a transfer on which nothing comes looks whether it is to stop.
const TICK: Duration = Duration::from_millis(100);

/// One request for a file and its answer. A thread of its own reads from the network, so that being told to
/// stop need not wait for a server that says nothing.
pub(crate) struct Transfer {
    receiver: Receiver<Result<Message, Trouble>>,
}

/// The bytes that are asked for: all from an offset on.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    pub(crate) offset: u64,
    /// What must not have changed for the rest to be sent; the whole file is sent otherwise.
    pub(crate) if_range: Option<String>,
}

/// What a server says before it sends the file.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
}

enum Message {
    Head(Head),
    Bytes(Vec<u8>),
}

/// What can go wrong on the way.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Another try may help.
    Passing(String),
    /// It would happen again.
    Lasting(String),
    /// The work is to stop.
    Interrupted,
}

impl From<FetchError> for Trouble {
    fn from(_: FetchError) -> Self {
        Self::Interrupted
    }
}

impl Transfer {
    /// Asks for `url`, or the rest of it.
    pub(crate) fn start(agent: &Agent, url: &str, rest: Option<Rest>) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let (agent, url) = (agent.clone(), url.to_owned());
        // It ends by itself: when the file does, when the server says nothing for too long, or when nobody
        // listens any more.
        thread::spawn(move || {
            let ended = match url.strip_prefix("file://") {
                Some(path) => read_file(path, &sender),
                None => request(&agent, &url, rest, &sender),
            };
            if let Err(trouble) = ended {
                let _ = sender.send(Err(trouble));
            }
        });
        Self { receiver }
    }

    /// What the server says first.
    pub(crate) fn head(&self, monitor: &Monitor) -> Result<Head, Trouble> {
        match self.next(monitor)? {
            Some(Message::Head(head)) => Ok(head),
            _ => Err(Trouble::Passing("the server said nothing".to_owned())),
        }
    }

    /// The next bytes; `None` at the end.
    pub(crate) fn bytes(&self, monitor: &Monitor) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(match self.next(monitor)? {
            Some(Message::Bytes(bytes)) => Some(bytes),
            _ => None,
        })
    }

    fn next(&self, monitor: &Monitor) -> Result<Option<Message>, Trouble> {
        loop {
            monitor.check()?;
            match self.receiver.recv_timeout(TICK) {
                Ok(message) => return message.map(Some),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

type Sender = SyncSender<Result<Message, Trouble>>;

fn request(agent: &Agent, url: &str, rest: Option<Rest>, sender: &Sender) -> Result<(), Trouble> {
    let mut request = agent.get(url);
    if let Some(Rest { offset, if_range }) = rest {
        request = request.header("Range", format!("bytes={offset}-"));
        if let Some(validator) = if_range {
            request = request.header("If-Range", validator);
        }
    }
    let response = request.call().map_err(trouble)?;
    let (head, body) = response.into_parts();
    let head = Head { status: head.status.as_u16(), headers: head.headers };
    let is_listening = sender.send(Ok(Message::Head(head))).is_ok();
    if is_listening { pass_on(&mut body.into_reader(), sender) } else { Ok(()) }
}

fn read_file(path: &str, sender: &Sender) -> Result<(), Trouble> {
    let failed = |error: io::Error| Trouble::Lasting(format!("cannot read {path}: {error}"));
    let mut file = File::open(path).map_err(failed)?;
    let mut headers = HeaderMap::new();
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Trouble::Lasting(format!("{path} is no file")));
    }
    headers.insert("content-length", metadata.len().into());
    let is_listening = sender.send(Ok(Message::Head(Head { status: 200, headers }))).is_ok();
    if is_listening { pass_on(&mut file, sender) } else { Ok(()) }
}

/// Reads to the end, or until nobody listens any more.
fn pass_on(reader: &mut dyn Read, sender: &Sender) -> Result<(), Trouble> {
    loop {
        let mut piece = vec![0; PIECE];
        match reader.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => piece.truncate(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(trouble(ureq::Error::from(error))),
        }
        if sender.send(Ok(Message::Bytes(piece))).is_err() {
            return Ok(());
        }
    }
}

fn trouble(error: ureq::Error) -> Trouble {
    use ureq::Error::{ConnectionFailed, HostNotFound, Io, Protocol, Timeout};
    let message = match &error {
        Timeout(_) => "nothing came for too long".to_owned(),
        HostNotFound => "the host was not found".to_owned(),
        Io(error) => error.to_string(),
        error => error.to_string(),
    };
    match error {
        Timeout(_) | HostNotFound | ConnectionFailed | Io(_) | Protocol(_) => Trouble::Passing(message),
        _ => Trouble::Lasting(message),
    }
}
