//! Requests of browsers to the operator's routes: only a person who opens a page, and the stylesheet of a page.
//!
//! Files under `/app/` have the dashboard's origin. Their scripts could otherwise read the dashboard with the credentials
//! or the local access of the operator's browser.

use autoheal_contract::RefusalCode;
use axum::http::{HeaderMap, HeaderValue, header};

use super::bearer;
use crate::config::Config;
use crate::error::{ApiError, ApiResult};

/// The only file that a page of the dashboard loads.
const STYLESHEET: &str = "/style.css";

/// Refuses requests of scripts, frames and other content. Programs send neither `Sec-Fetch-Site` nor a page of `/app/` as
/// `Referer`. The `fetch` of Node sends a mode, but no site.
pub(super) fn require_person(config: &Config, path: &str, headers: &HeaderMap) -> ApiResult<()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key("sec-fetch-site") || headers.contains_key("sec-fetch-dest") {
        let is_page = text("sec-fetch-mode") == Some("navigate") && text("sec-fetch-dest") == Some("document");
        let is_style = text("sec-fetch-dest") == Some("style")
            && path == STYLESHEET
            && matches!(text("sec-fetch-site"), Some("same-origin" | "none"));
        return if is_page || is_style {
            Ok(())
        } else {
            Err(refusal("open it as a page; scripts and frames may not"))
        };
    }
    if is_app_page(headers.get(header::REFERER)) {
        return Err(refusal("pages under /app/ may not open it in this browser"));
    }
    // Browsers leave the headers above out under names without TLS. There, they also ignore the header that separates the
    // windows of the dashboard from those of other pages.
    let is_browser = headers.contains_key(header::ACCEPT_LANGUAGE) && !headers.contains_key("sec-fetch-mode");
    if config.static_dir.is_some()
        && is_browser
        && headers.contains_key(header::AUTHORIZATION)
        && bearer(headers).is_none()
    {
        return Err(refusal(
            "pages under /app/ could read it in this browser; open it over https or on http://localhost, or serve the \
             files elsewhere than with --static",
        ));
    }
    Ok(())
}

/// True for the address of a page under `/app/`.
pub(super) fn is_app_page(referer: Option<&HeaderValue>) -> bool {
    let Some(referer) = referer.and_then(|referer| referer.to_str().ok()) else { return false };
    let path = referer.split_once("://").map_or(referer, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let path = path.trim_start_matches('/');
    path.split(['/', '?', '#']).next().is_some_and(|first| first.eq_ignore_ascii_case("app"))
}

fn refusal(reason: &str) -> ApiError {
    ApiError::new(RefusalCode::ForbiddenOrigin, format!("this is for the operator only: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_under_app_are_app_pages() {
        for referer in
            ["http://a/app/", "https://a:1/app/x?y", "http://a/app", "/app/x", "http://a//app/", "http://a/app?x"]
        {
            assert!(is_app_page(Some(&HeaderValue::from_static(referer))), "{referer}");
        }
        for referer in ["http://a/", "http://a", "http://app/", "http://a/groups/app/", "http://a/apple", ""] {
            assert!(!is_app_page(Some(&HeaderValue::from_static(referer))), "{referer}");
        }
        assert!(!is_app_page(None));
    }
}
