//! Reads request bodies within limits of their size and time. Drains a refused body, so that its sender
//! receives the refusal.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use autoheal_contract::RefusalCode;
use autoheal_contract::limits::{BODY_BYTES, DRAIN_BYTES};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame};
use tokio::time::Instant;

use crate::body_budget::Share;
use crate::error::{ApiError, ApiResult};

/// Timeout of a body. It bounds the memory that slow senders hold.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Time in which a body has to bring [`MIN_BYTES`] while memory is short, because a body that stops coming keeps its memory.
const SPEED_WINDOW: Duration = Duration::from_secs(2);
/// Maximum size of a body that takes no share, in bytes: that of the connection's buffer.
const CONNECTION_BYTES: usize = 32 * 1024;
/// Minimum bytes of a body in [`SPEED_WINDOW`] while memory is short.
const MIN_BYTES: usize = 16 * 1024;

/// The next part of a body; none after the last one.
type NextFrame = Option<Result<Frame<Bytes>, axum::Error>>;

/// Reads at most [`BODY_BYTES`] into memory of a share of the budget. Drains the rest, because closing early would reset
/// the connection before the response arrives.
pub(crate) async fn read<'a>(
    mut body: Body,
    headers: &HeaderMap,
    share: impl FnOnce() -> Share<'a>,
) -> ApiResult<Bytes> {
    let content_length =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let first = poll_fn(|context| match Pin::new(&mut body).poll_frame(context) {
        Poll::Ready(frame) => Poll::Ready(Some(frame)),
        Poll::Pending => Poll::Ready(None),
    });
    let first = first.await;
    // Most bodies arrive with their head. They take no share, because they are in the memory of the connection already.
    if let Some(Some(Ok(frame))) = &first
        && let Some(data) = frame.data_ref().filter(|data| data.len() <= CONNECTION_BYTES)
        && content_length == Some(data.len())
    {
        return Ok(data.clone());
    }
    let share = share();
    let unfinished =
        || ApiError::new(RefusalCode::NotJson, format!("the body was not complete after {BODY_TIMEOUT:?}"));
    let reading = read_all(first, body, content_length, &share);
    tokio::time::timeout(BODY_TIMEOUT, reading).await.unwrap_or_else(|_| Err(unfinished()))
}

async fn read_all(
    mut first: Option<NextFrame>,
    mut body: Body,
    content_length: Option<usize>,
    share: &Share<'_>,
) -> ApiResult<Bytes> {
    // Grows with the received bytes, because a promised length costs a sender nothing.
    let mut buffer = BytesMut::new();
    let mut read = 0;
    let mut refusal = None;
    let mut window = tokio::time::interval_at(Instant::now() + SPEED_WINDOW, SPEED_WINDOW);
    let mut read_before = 0;
    loop {
        let frame = tokio::select! {
            biased;
            () = share.cut(), if refusal.is_none() => {
                (refusal, buffer) = (Some(ApiError::no_memory_for_body()), BytesMut::new());
                continue;
            }
            frame = async {
                match first.take() {
                    Some(frame) => frame,
                    None => body.frame().await,
                }
            } => frame,
            _ = window.tick() => {
                let is_slow = read - read_before < MIN_BYTES;
                read_before = read;
                if is_slow && (refusal.is_some() || (buffer.len() > MIN_BYTES && share.is_short())) {
                    return Err(refusal.unwrap_or_else(ApiError::no_memory_for_body));
                }
                continue;
            }
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| ApiError::new(RefusalCode::NotJson, "the body ended before it was complete"))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read > DRAIN_BYTES {
            break;
        }
        if read > BODY_BYTES && refusal.is_none() {
            let message = format!("the body is larger than {BODY_BYTES} bytes; send fewer or shorter reports at once");
            refusal = Some(ApiError::new(RefusalCode::TooLarge, message));
        } else if refusal.is_none() && !share.grow(data.len()) {
            refusal = Some(ApiError::no_memory_for_body());
        }
        if refusal.is_some() {
            buffer = BytesMut::new();
            continue;
        }
        // A body of one piece is not copied.
        if buffer.is_empty() && content_length == Some(data.len()) {
            return Ok(data);
        }
        buffer.extend_from_slice(&data);
    }
    refusal.map_or_else(|| Ok(buffer.freeze()), Err)
}

/// Drains a body without keeping it, up to [`DRAIN_BYTES`].
pub(crate) async fn drain(mut body: Body) {
    let draining = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > DRAIN_BYTES {
                break;
            }
        }
    };
    // a sender that is too slow misses the refusal
    let _timed_out = tokio::time::timeout(BODY_TIMEOUT, draining).await;
}
