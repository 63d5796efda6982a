//! `ApiError`: every error response, as JSON `{code, message}`.

use autoheal_contract::{Refusal, RefusalCode};
use autoheal_store::StoreError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::throttle::Throttle;

/// A refused request. The message, for the sender, names the reason and the remedy.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: RefusalCode,
    message: String,
    retry_after: Option<u64>,
}

/// The result of a handler.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// Reason for refusing a report of a new failure.
pub(crate) const TOO_MANY_FAILURES: &str = "too many different failures from this client within an hour";
/// Reason for refusing a report of a failure that all clients together report too often.
pub(crate) const TOO_OFTEN: &str = "this failure is reported too often at this moment, by all clients together";
/// `Retry-After` of a 503 while the store is not available, in seconds.
const STORE_RETRY_SECONDS: u64 = 5;
/// `Retry-After` of a 503 while there is no memory for a body, in seconds.
const BUSY_RETRY_SECONDS: u64 = 2;

/// One line per minute, because every refused report would write one.
pub(crate) static STORE_ERRORS: Throttle = Throttle::new();

impl ApiError {
    pub(crate) fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    pub(crate) fn rate_limited(seconds: u64) -> Self {
        let message = format!("too many reports from this client; try again in {seconds} s");
        Self { retry_after: Some(seconds), ..Self::new(RefusalCode::RateLimited, message) }
    }

    /// The refusal of a report for whose body there is no memory.
    pub(crate) fn no_memory_for_body() -> Self {
        let message = "too many large or slow reports are being received at this moment; try again in a few seconds";
        Self::busy(message, BUSY_RETRY_SECONDS)
    }

    pub(crate) fn failure_limited(seconds: u64) -> Self {
        let message = format!("{TOO_OFTEN}; try again in {seconds} s");
        Self { retry_after: Some(seconds), ..Self::new(RefusalCode::RateLimited, message) }
    }

    pub(crate) fn too_many_failures(seconds: u64) -> Self {
        let message = format!("{TOO_MANY_FAILURES}; try again in {seconds} s");
        Self { retry_after: Some(seconds), ..Self::new(RefusalCode::RateLimited, message) }
    }

    pub(crate) fn too_many_guesses(seconds: u64) -> Self {
        let message = format!("too many wrong tokens or keys from this client; try again in {seconds} s");
        Self { retry_after: Some(seconds), ..Self::new(RefusalCode::RateLimited, message) }
    }

    /// The service is busy; the sender is to try again after some seconds.
    pub(crate) fn busy(message: &str, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(RefusalCode::Busy, message) }
    }

    pub(crate) fn code(&self) -> RefusalCode {
        self.code
    }
}

/// Logs the error of the database, which the sender must not see.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let message = match &error {
            // logged by the store, once
            StoreError::Full => {
                "the store has reached its size limit: failures that are new to it are refused, known ones are counted; \
                 try again later"
            }
            StoreError::Failed(_) | StoreError::Damaged(_) => {
                if let Some(more) = STORE_ERRORS.pass() {
                    tracing::error!(%error, more, "the store is not available; responding with 503");
                }
                "the report could not be stored; try again later"
            }
        };
        Self { retry_after: Some(STORE_RETRY_SECONDS), ..Self::new(RefusalCode::StoreUnavailable, message) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(Refusal { code: self.code, message: self.message })).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == RefusalCode::OperatorOnly {
            // Browsers then show a dialog: any user name, the token as the password.
            let challenge = HeaderValue::from_static("Basic realm=\"autoheal operator\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
