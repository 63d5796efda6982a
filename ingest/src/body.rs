//! Reads a request body within its limit. Drains a larger body, so that its sender receives the refusal.

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

/// Reads at most [`BODY_BYTES`]. Drains the rest, because an early close would reset the connection before the response
/// arrives.
pub(crate) async fn read(body: Body, headers: &HeaderMap) -> ApiResult<Bytes> {
    let unfinished =
        || ApiError::new(RefusalCode::NotJson, format!("the body was not complete after {BODY_TIMEOUT:?}"));
    tokio::time::timeout(BODY_TIMEOUT, read_all(body, headers)).await.unwrap_or_else(|_| Err(unfinished()))
}

async fn read_all(mut body: Body, headers: &HeaderMap) -> ApiResult<Bytes> {
    let content_length =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut buffer = BytesMut::with_capacity(content_length.unwrap_or(0).min(BODY_BYTES));
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::new(RefusalCode::NotJson, "the body ended before it was complete"))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read > DRAIN_BYTES {
            break;
        }
        if read <= BODY_BYTES {
            // A body of one piece is not copied.
            if buffer.is_empty() && content_length == Some(data.len()) {
                return Ok(data);
            }
            buffer.extend_from_slice(&data);
        }
    }
    if read > BODY_BYTES {
        let message = format!("the body is larger than {BODY_BYTES} bytes; send fewer or shorter reports at once");
        return Err(ApiError::new(RefusalCode::TooLarge, message));
    }
    Ok(buffer.freeze())
}
