//! A plain HTTP/1.1 client for tests of the service. It sends the exact bytes of the test and returns the response as
//! received.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Timeout of a response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// A request as it is sent.
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

    /// Adds a header. `host` and `content-length` replace the computed header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The request head, with `Host` and, unless the body is chunked, `Content-Length`.
    pub fn head(&self, address: SocketAddr) -> String {
        let has_header = |name: &str| self.headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !has_header("host") {
            head.push_str(&format!("host: {address}\r\n"));
        }
        if !has_header("content-length") && !has_header("transfer-encoding") && self.method != "GET" {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }
}

/// A received response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, with chunks joined.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }
}

/// A connection that stays open between requests.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    /// Bytes that are read but not consumed.
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nothing listens at the address.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, address, buffer: Vec::new() })
    }

    /// Connects from a local address, such as another one of 127.0.0.0/8.
    ///
    /// # Errors
    /// If nothing listens at the address, or this machine does not have the local one.
    pub async fn open_from(local: IpAddr, address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(local, 0))?;
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, address, buffer: Vec::new() })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// If the server has closed the connection.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends a whole request.
    ///
    /// # Errors
    /// If the server has closed the connection.
    pub async fn send(&mut self, request: &Request) -> io::Result<()> {
        let mut bytes = request.head(self.address).into_bytes();
        bytes.extend_from_slice(&request.body);
        self.write(&bytes).await
    }

    /// Reads one whole response, which may be an interim response (`100 Continue`).
    ///
    /// # Errors
    /// If the connection ends within the response, or the response takes longer than a minute.
    pub async fn response(&mut self) -> io::Result<Response> {
        tokio::time::timeout(RESPONSE_TIMEOUT, self.read_response()).await?
    }

    async fn read_response(&mut self) -> io::Result<Response> {
        let end = self.read_until(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&self.take(end)).into_owned();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let mut response = Response { status, headers: lines.filter_map(pair).collect(), body: Vec::new() };
        if response.header("transfer-encoding") == Some("chunked") {
            loop {
                let end = self.read_until(b"\r\n").await?;
                let size = String::from_utf8_lossy(&self.take(end)).trim().to_owned();
                let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
                let chunk = self.read_exactly(size + 2).await?;
                response.body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = response.header("content-length").and_then(|length| length.parse().ok()) {
            response.body = self.read_exactly(length).await?;
        }
        Ok(response)
    }

    /// Sends a request and reads its response.
    ///
    /// # Errors
    /// If the connection ends within the response.
    pub async fn exchange(&mut self, request: &Request) -> io::Result<Response> {
        self.send(request).await?;
        self.response().await
    }

    /// True if no byte has arrived that is not read yet.
    pub fn is_silent(&mut self) -> bool {
        let mut byte = [0];
        self.buffer.is_empty()
            && matches!(self.stream.try_read(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    async fn read_until(&mut self, delimiter: &[u8]) -> io::Result<usize> {
        loop {
            if let Some(at) = self.buffer.windows(delimiter.len()).position(|window| window == delimiter) {
                return Ok(at + delimiter.len());
            }
            self.read_more().await?;
        }
    }

    async fn read_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.read_more().await?;
        }
        Ok(self.take(length))
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        self.buffer.drain(..length).collect()
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Sends one request on a new connection.
///
/// # Panics
/// If there is no response.
pub async fn exchange(address: SocketAddr, request: &Request) -> Response {
    let mut connection = Connection::open(address).await.expect("the service listens");
    connection.exchange(request).await.unwrap_or_else(|error| panic!("no response to {request:.300?}: {error}"))
}
