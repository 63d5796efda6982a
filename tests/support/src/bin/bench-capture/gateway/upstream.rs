//! The gateway's upstream, a server that responds at once, and the bare relay that the gateway is compared with.

use std::convert::Infallible;

use anyhow::Result;
use futures_util::StreamExt;
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};

const RESPONSE: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"7 lamps cost 42.00, delivered today"}]}}"#;
const CHUNK_SIZE: usize = 64 * 1024;

/// Responds to calls at once, and to `GET /bytes/N` with N bytes.
pub(crate) fn respond() -> Result<()> {
    serve(|stream| async move {
        let service = service_fn(|request: Request<Incoming>| async move {
            let bytes = request.uri().path().strip_prefix("/bytes/").and_then(|bytes| bytes.parse::<usize>().ok());
            let body = match bytes {
                Some(bytes) => {
                    let chunk = Bytes::from(vec![b' '; CHUNK_SIZE]);
                    let chunks = std::iter::repeat_n(chunk, bytes / CHUNK_SIZE);
                    let frames = chunks.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
                    Either::Right(StreamBody::new(futures_util::stream::iter(frames)))
                }
                None => {
                    let mut body = request.into_body().into_data_stream();
                    while body.next().await.is_some() {}
                    Either::Left(Full::new(Bytes::from_static(RESPONSE.as_bytes())))
                }
            };
            Response::builder().header("content-type", "application/json").body(body)
        });
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    })
}

/// Copies method, path, headers and bodies over keep-alive connections, and does nothing else.
pub(crate) fn relay(upstream: &str) -> Result<()> {
    let upstream: Uri = upstream.parse()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build::<_, Incoming>(connector);
    serve(move |stream| {
        let (client, upstream) = (client.clone(), upstream.clone());
        async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let (client, upstream) = (client.clone(), upstream.clone());
                async move {
                    let (mut parts, body) = request.into_parts();
                    let mut target = upstream.into_parts();
                    target.path_and_query = parts.uri.path_and_query().cloned();
                    parts.uri = Uri::from_parts(target).unwrap_or_default();
                    client.request(Request::from_parts(parts, body)).await
                }
            });
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
        }
    })
}

fn serve<F>(connection: impl Fn(TcpStream) -> F) -> Result<()>
where
    F: Future<Output = hyper::Result<()>> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(connection(stream));
        }
    })
}
