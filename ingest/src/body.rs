//! Reads request bodies within limits: each one, and all of them together. Drains a refused body, so that its sender
//! receives the refusal.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use autoheal_contract::RefusalCode;
use autoheal_contract::limits::{BODY_BYTES, DRAIN_BYTES};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::error::{ApiError, ApiResult};

/// Timeout of a body. It bounds the memory that slow senders hold.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of all bodies being received, in bytes.
const MAX_BODIES_BYTES: usize = 64 * 1024 * 1024;

/// Memory for the bodies being received.
#[derive(Debug, Default)]
pub(crate) struct BodyBudget {
    used: AtomicUsize,
}

/// Memory of one body, returned to the budget when it is dropped.
#[derive(Debug)]
struct Share<'a> {
    budget: &'a BodyBudget,
    bytes: usize,
}

impl BodyBudget {
    /// Reads at most [`BODY_BYTES`], while all bodies fit into the budget. Drains the rest, because closing early would
    /// reset the connection before the response arrives.
    pub(crate) async fn read(&self, body: Body, headers: &HeaderMap) -> ApiResult<Bytes> {
        let unfinished =
            || ApiError::new(RefusalCode::NotJson, format!("the body was not complete after {BODY_TIMEOUT:?}"));
        tokio::time::timeout(BODY_TIMEOUT, self.read_all(body, headers)).await.unwrap_or_else(|_| Err(unfinished()))
    }

    async fn read_all(&self, mut body: Body, headers: &HeaderMap) -> ApiResult<Bytes> {
        let content_length =
            headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let mut share = Share { budget: self, bytes: 0 };
        // Grows with the received bytes, because a promised length costs a sender nothing.
        let mut buffer = BytesMut::new();
        let mut read = 0;
        let mut refusal = None;
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|_| ApiError::new(RefusalCode::NotJson, "the body ended before it was complete"))?;
            let Ok(data) = frame.into_data() else { continue };
            read += data.len();
            if read > DRAIN_BYTES {
                break;
            }
            if read > BODY_BYTES && refusal.is_none() {
                let message =
                    format!("the body is larger than {BODY_BYTES} bytes; send fewer or shorter reports at once");
                refusal = Some(ApiError::new(RefusalCode::TooLarge, message));
            } else if refusal.is_none() && !share.grow(data.len()) {
                let message = "too many reports are being received at this moment; try again";
                refusal = Some(ApiError::new(RefusalCode::StoreUnavailable, message));
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

impl Share<'_> {
    /// Takes more memory from the budget; false if there is not enough.
    fn grow(&mut self, bytes: usize) -> bool {
        let used = self.budget.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bytes += bytes;
        used <= MAX_BODIES_BYTES
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
