//! `FormSecret`: proves that a form of the dashboard sent a request. Pages under `/app/` have the dashboard's origin, and
//! can imitate everything else about its requests, but cannot read its pages.

use autoheal_contract::RefusalCode;
use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::RequestOrigin;
use super::browser::is_app_page;
use crate::config::Config;
use crate::error::{ApiError, ApiResult};

/// A secret of this process, which each form of the dashboard sends back in the hidden field `form`.
#[derive(Debug)]
pub(crate) struct FormSecret(String);

impl FormSecret {
    /// A new secret.
    pub(crate) fn new() -> Self {
        Self(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// The value of the field `form`.
    pub(crate) fn field(&self) -> &str {
        &self.0
    }

    /// Refuses a request that changes something, unless a form of the dashboard sent it. `sent` is the value of its field
    /// `form`.
    pub(crate) fn require(&self, sent: &str, config: &Config, headers: &HeaderMap) -> ApiResult<()> {
        RequestOrigin::of(headers).require_own(config, headers)?;
        let is_same_origin = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
        if is_same_origin
            && !is_app_page(headers.get(header::REFERER))
            && Sha256::digest(&self.0) == Sha256::digest(sent)
        {
            return Ok(());
        }
        let message = "only a page of the dashboard may do this; reload the page and try again";
        Err(ApiError::new(RefusalCode::ForbiddenOrigin, message))
    }
}
