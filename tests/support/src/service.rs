//! A plain HTTP/1.1 client for tests of the service: it sends just what it is told and shows just what came back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request as it will stand on the wire.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    pub fn new(method: &str, path: &str) -> Self {
        Request { method: method.into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// `GET`.
    pub fn get(path: &str) -> Self {
        Request::new("GET", path)
    }

    /// `POST` with these bytes and no content type.
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Request { body: body.into(), ..Request::new("POST", path) }
    }

    /// `POST /report-error` as a program sends it.
    pub fn report(body: impl Into<Vec<u8>>) -> Self {
        Request::post("/report-error", body).header("content-type", "application/json")
    }

    /// One more header. A `host` or `content-length` given here stands in place of the true one.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The head, with `Host` and, unless the body is chunked, `Content-Length`.
    pub fn head(&self, address: SocketAddr) -> String {
        let given = |name: &str| self.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !given("host") {
            head.push_str(&format!("host: {address}\r\n"));
        }
        if !given("content-length") && !given("transfer-encoding") && self.method != "GET" {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }
}

/// One connection, kept open between requests.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    read: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, address, read: Vec::new() })
    }

    /// Sends bytes, whatever they are.
    ///
    /// # Errors
    /// When the other side has closed.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends a whole request.
    ///
    /// # Errors
    /// When the other side has closed.
    pub async fn send(&mut self, request: &Request) -> io::Result<()> {
        let mut bytes = request.head(self.address).into_bytes();
        bytes.extend_from_slice(&request.body);
        self.write(&bytes).await
    }

    /// Reads one whole answer, interim ones (`100 Continue`) too.
    ///
    /// # Errors
    /// When the connection ends before the answer does, or nothing comes for a minute.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        tokio::time::timeout(PATIENCE, self.read_answer()).await?
    }

    async fn read_answer(&mut self) -> io::Result<Answer> {
        let end = self.until(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&self.take(end)).into_owned();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let mut answer = Answer { status, headers: lines.filter_map(pair).collect(), body: Vec::new() };
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let end = self.until(b"\r\n").await?;
                let size = String::from_utf8_lossy(&self.take(end)).trim().to_owned();
                let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
                let chunk = self.exactly(size + 2).await?;
                answer.body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = answer.header("content-length").and_then(|length| length.parse().ok()) {
            answer.body = self.exactly(length).await?;
        }
        Ok(answer)
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// When the connection ends before the answer does.
    pub async fn exchange(&mut self, request: &Request) -> io::Result<Answer> {
        self.send(request).await?;
        self.answer().await
    }

    /// Whether not one byte has come that was not read yet.
    pub fn is_silent(&mut self) -> bool {
        let mut byte = [0];
        self.read.is_empty()
            && matches!(self.stream.try_read(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    async fn until(&mut self, mark: &[u8]) -> io::Result<usize> {
        loop {
            if let Some(at) = self.read.windows(mark.len()).position(|window| window == mark) {
                return Ok(at + mark.len());
            }
            self.more().await?;
        }
    }

    async fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.read.len() < length {
            self.more().await?;
        }
        Ok(self.take(length))
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        self.read.drain(..length).collect()
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Sends one request on a connection of its own.
///
/// # Panics
/// When there is no answer.
pub async fn exchange(address: SocketAddr, request: &Request) -> Answer {
    let mut connection = Connection::open(address).await.expect("the service listens");
    connection.exchange(request).await.unwrap_or_else(|error| panic!("no answer to {request:.300?}: {error}"))
}
