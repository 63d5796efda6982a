//! Reading a request's body within its limit; a refused one is still drained, so that its sender hears why.

use std::time::Duration;

use autoheal_contract::RefusalCode;
use autoheal_contract::limits::{BODY_BYTES, DRAIN_BYTES};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::error::{ApiError, ApiResult};

/// A sender that takes longer holds memory for nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads at most [`BODY_BYTES`]. Closing early instead of draining would reset the connection under the answer.
pub(crate) async fn read(body: Body, headers: &HeaderMap) -> ApiResult<Bytes> {
    let unfinished = || ApiError::new(RefusalCode::NotJson, format!("the body was not complete after {PATIENCE:?}"));
    tokio::time::timeout(PATIENCE, read_all(body, headers)).await.unwrap_or_else(|_| Err(unfinished()))
}

async fn read_all(mut body: Body, headers: &HeaderMap) -> ApiResult<Bytes> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut kept = BytesMut::with_capacity(announced.unwrap_or(0).min(BODY_BYTES));
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::new(RefusalCode::NotJson, "the body ended before it was complete"))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read > DRAIN_BYTES {
            break;
        }
        if read <= BODY_BYTES {
            // A body that came in one piece is not copied.
            if kept.is_empty() && announced == Some(data.len()) {
                return Ok(data);
            }
            kept.extend_from_slice(&data);
        }
    }
    if read > BODY_BYTES {
        let message = format!("the body is over {BODY_BYTES} bytes; send fewer or shorter reports at once");
        return Err(ApiError::new(RefusalCode::TooLarge, message));
    }
    Ok(kept.freeze())
}
