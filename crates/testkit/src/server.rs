use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A web server on this machine whose every answer a test decides. It ends with the process.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// How many requests came before it.
    pub number: usize,
    /// Such as `/data.zip`.
    pub path: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// So many bytes of the body are sent.
    sent: Option<usize>,
    /// Whether the connection then stays open until the other side closes it.
    holds: bool,
}

type Answers = dyn Fn(&Request) -> Answer + Send + Sync;

impl Server {
    /// Starts one that answers like this.
    pub fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer): (_, Arc<Answers>) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { address, requests }
    }

    /// The address of a path such as `/data.zip`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What has been asked for so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Request {
    /// The byte from which on the rest is asked for.
    pub fn range(&self) -> Option<usize> {
        self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

impl Answer {
    /// A status and nothing else.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// The whole body.
    pub fn whole(body: &[u8]) -> Self {
        Self { status: 200, body: body.to_owned(), ..Self::default() }
    }

    /// The whole body or the rest of it, as is asked for, of a file with this `ETag`.
    pub fn file(body: &[u8], tag: &str, request: &Request) -> Self {
        let is_same = request.headers.get("if-range").is_none_or(|known| known == tag);
        let answer = match request.range().filter(|_| is_same) {
            None => Self::whole(body),
            Some(start) if start >= body.len() => {
                Self::status(416).header("Content-Range", &format!("bytes */{}", body.len()))
            }
            Some(start) => {
                let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
                Self { status: 206, ..Self::whole(&body[start..]) }.header("Content-Range", &range)
            }
        };
        answer.header("ETag", tag)
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The connection is dropped after so many bytes of the body.
    pub fn dropped_after(self, bytes: usize) -> Self {
        Self { sent: Some(bytes), ..self }
    }

    /// Nothing more comes after so many bytes of the body, and the connection stays open.
    pub fn held_after(self, bytes: usize) -> Self {
        Self { sent: Some(bytes), holds: true, ..self }
    }
}

/// Answers one request. Whoever asked may have gone, so failures to write say nothing.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Request>>, answer: &Answers) {
    let Some(mut request) = read_request(&stream) else { return };
    {
        let mut seen = seen.lock().unwrap();
        request.number = seen.len();
        seen.push(request.clone());
    }
    let Answer { status, headers, body, sent, holds } = answer(&request);
    let mut head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
    headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
    let part = &body[..sent.unwrap_or(body.len()).min(body.len())];
    let _ = stream.write_all((head + "\r\n").as_bytes()).and_then(|()| stream.write_all(part));
    if holds {
        let _ = stream.read(&mut [0]);
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines.filter_map(|line| {
        line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().into()))
    });
    Some(Request { number: 0, path, headers: headers.collect() })
}
