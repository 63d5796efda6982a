//! Reads responses that are no success: first the four ways in which GitHub asks for a wait, then its refusals.

use autoheal_prepare::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::GithubError;
use crate::status::Cause;

/// Number of seconds since 1970 beyond which a number counts as milliseconds; in seconds, the year 5138.
const MAX_SECONDS: f64 = 1e11;

/// Message of a refusal whose body is not one of GitHub's.
const NOT_JSON: &str = "the response is no JSON";

/// What GitHub says when it asks to wait with another status than 429, without saying how long.
const WAITS: [&str; 5] = [
    "secondary rate limit",
    "rate limit exceeded",
    "abuse detection",
    "submitted too quickly",
    "temporarily blocked from content creation",
];

/// Body of a refusal. Each member is read by itself, because GitHub sends them in several shapes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: Lenient<String>,
    errors: Lenient<Errors>,
}

/// Details of a refusal: a list, or one detail.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Errors {
    Many(Vec<Detail>),
    One(Detail),
}

/// A member of the expected shape, or of any other.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Expected(T),
    Other(IgnoredAny),
}

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

impl<T> Lenient<T> {
    fn expected(self) -> Option<T> {
        match self {
            Self::Expected(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

/// Detail of a failed validation: an object, or a sentence.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Detail {
    Fields { resource: Option<String>, field: Option<String>, code: Option<String>, message: Option<String> },
    Sentence(String),
    Other(IgnoredAny),
}

/// Reads a response with a status that is no success. `header` looks up a header of the response.
pub(super) fn read<'a>(
    status: u16,
    body: &str,
    header: impl Fn(&str) -> Option<&'a str>,
    now: Timestamp,
) -> GithubError {
    let refusal = serde_json::from_str::<Refusal>(body).ok().filter(|_| body.trim_start().starts_with('{'));
    let without_message = if refusal.is_some() { "no message" } else { NOT_JSON };
    let refusal = refusal.unwrap_or_default();
    let mut message = refusal.message.expected().unwrap_or_else(|| without_message.to_owned());
    let details = match refusal.errors.expected() {
        Some(Errors::Many(details)) => details,
        Some(Errors::One(detail)) => vec![detail],
        None => vec![],
    };
    for detail in details {
        match detail {
            Detail::Fields { resource, field, code, message: reason } => {
                let parts = [resource, field, code, reason].map(Option::unwrap_or_default);
                message.push_str(&format!(" [{}]", parts.join(" ")));
            }
            Detail::Sentence(sentence) => message.push_str(&format!(" [{sentence}]")),
            Detail::Other(_) => {}
        }
    }
    if matches!(status, 403 | 422 | 429) {
        let retry_after = retry_after(&header, now);
        let reset = || {
            let spent = number(header("x-ratelimit-remaining")?) == Some(0.0);
            reset_time(header("x-ratelimit-reset")?).filter(|_| spent)
        };
        let until = retry_after.or_else(reset);
        let asks_to_wait = |message: &str| WAITS.iter().any(|wait| message.contains(wait));
        if until.is_some() || status == 429 || asks_to_wait(&message.to_lowercase()) {
            return GithubError::Limited { until, message };
        }
    }
    if let Some(page) = header("x-github-sso").and_then(page_of_single_sign_on) {
        message.push_str(&format!(" Authorize the token at {page}"));
    }
    GithubError::Refused { status, message }
}

/// The page on which the token is authorized for an organization, from the header `X-GitHub-SSO`.
fn page_of_single_sign_on(header: &str) -> Option<&str> {
    let (_, page) = header.strip_prefix("required")?.split_once("url=")?;
    let page = page.split([';', ',', ' ']).next()?;
    page.starts_with("https://").then_some(page)
}

/// The end of the wait that a response asks for, if it does.
pub(super) fn retry_after<'a>(header: impl Fn(&str) -> Option<&'a str>, now: Timestamp) -> Option<Timestamp> {
    header("retry-after").and_then(|value| end_of_wait(value, now))
}

/// The cause of a refusal, for people.
pub(super) fn cause(status: u16, message: &str) -> Cause {
    let message = message.to_lowercase();
    let has = |text: &str| message.contains(text);
    match status {
        300..=399 => Cause::Redirected,
        // A proxy or a firewall responds with a page of its own.
        407 => Cause::UnexpectedResponse,
        _ if message == NOT_JSON.to_lowercase() => Cause::UnexpectedResponse,
        401 => Cause::BadCredentials,
        451 => Cause::RepositoryBlocked,
        403 if has("access blocked") => Cause::RepositoryBlocked,
        403 if has("ip allow list") || has("ip address") => Cause::AddressNotAllowed,
        403 if has("suspended") => Cause::AccountSuspended,
        403 if has("saml") || has("single sign-on") || has(" sso") => Cause::SingleSignOn,
        403 if has("archived") => Cause::RepositoryArchived,
        // The organization accepts no token of this kind, whatever its permissions are.
        403 if has("forbids access") => Cause::Refused,
        403 => Cause::MissingPermission,
        404 => Cause::RepositoryNotFound,
        410 => Cause::RepositoryGone,
        _ => Cause::Refused,
    }
}

/// A number in a header; none for text and for what is no number.
fn number(value: &str) -> Option<f64> {
    value.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// The end of the wait that `retry-after` asks for: a number of seconds, or a date. A negative number is now.
#[expect(clippy::cast_possible_truncation, reason = "a cast from a float saturates")]
fn end_of_wait(value: &str, now: Timestamp) -> Option<Timestamp> {
    match number(value) {
        Some(seconds) => Some(Timestamp(now.0.saturating_add((seconds.max(0.0) * 1000.0) as i64))),
        None => date(value.trim()),
    }
}

/// A date in a header, whatever weekday it names: servers get it wrong.
fn date(value: &str) -> Option<Timestamp> {
    let (_, date) = value.split_once(", ")?;
    let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let parsed = weekdays.iter().find_map(|day| httpdate::parse_http_date(&format!("{day}, {date}")).ok());
    parsed.or_else(|| httpdate::parse_http_date(value).ok()).map(Timestamp::from)
}

/// The end of the wait that `x-ratelimit-reset` asks for, in seconds since 1970. Some servers send milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "a cast from a float saturates")]
fn reset_time(value: &str) -> Option<Timestamp> {
    let number = number(value)?;
    let seconds = if number > MAX_SECONDS { number / 1000.0 } else { number };
    Some(Timestamp::from_seconds(seconds as i64))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn refused(status: u16, body: &str, headers: &[(&str, &'static str)]) -> GithubError {
        let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        read(status, body, header, NOW)
    }

    #[test]
    fn a_validation_names_its_fields() {
        let body = r#"{"message":"Validation Failed","errors":[
            {"resource":"Label","field":"name","code":"already_exists"},"a sentence",7]}"#;
        let error = refused(422, body, &[]).to_string();
        assert_eq!(error, "GitHub refused (422): Validation Failed [Label name already_exists ] [a sentence]");
    }

    #[test]
    fn a_limit_is_a_wait_and_no_refusal() {
        let until = |headers: &[(&str, &'static str)]| match refused(403, "{}", headers) {
            GithubError::Limited { until, .. } => until,
            other => panic!("{other:?}"),
        };
        assert_eq!(until(&[("retry-after", "60")]), Some(NOW.plus(Duration::from_secs(60))));
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2000")];
        assert_eq!(until(&spent), Some(Timestamp(2_000_000)));
        assert!(matches!(refused(429, "", &[]), GithubError::Limited { until: None, .. }));
        for (status, message) in [
            (403, "You have exceeded a secondary rate limit."),
            (403, "You have exceeded a secondary rate limit and have been temporarily blocked from content creation."),
            (403, "API rate limit exceeded for user ID 1."),
            (403, "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."),
            (422, "was submitted too quickly"),
        ] {
            let body = json!({ "message": message }).to_string();
            assert!(matches!(refused(status, &body, &[]), GithubError::Limited { until: None, .. }), "{message}");
        }
        for errors in [
            json!([{"resource": "Issue", "code": "custom", "field": "base", "message": "was submitted too quickly"}]),
            json!(["Content was submitted too quickly after another one"]),
            json!("was submitted too quickly"),
        ] {
            let body = json!({"message": "Validation Failed", "errors": errors}).to_string();
            match refused(422, &body, &[]) {
                GithubError::Limited { until: None, message } => {
                    assert!(message.starts_with("Validation Failed [") && message.contains("too quickly"), "{message}");
                }
                other => panic!("{other:?}"),
            }
        }
        let other =
            r#"{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing"}]}"#;
        assert!(matches!(refused(422, other, &[]), GithubError::Refused { .. }));
    }

    #[test]
    fn single_sign_on_names_the_page_to_authorize_the_token() {
        let body = r#"{"message":"Resource protected by organization SAML enforcement."}"#;
        let message = |header: &'static str| refused(403, body, &[("x-github-sso", header)]).to_string();
        let page = "https://github.com/orgs/acme/sso?authorization_request=made-up";
        assert!(
            message("required; url=https://github.com/orgs/acme/sso?authorization_request=made-up").ends_with(page)
        );
        for other in ["partial-results; organizations=21955855", "required", "required; url=javascript:alert(1)", ""] {
            assert!(message(other).ends_with("enforcement."), "{other}");
        }
    }

    #[test]
    fn every_spelling_of_a_wait_is_read() {
        let now = Timestamp(1_763_798_400_000);
        let until = |headers: &[(&str, &'static str)]| {
            let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
            match read(403, r#"{"message":"secondary rate limit"}"#, header, now) {
                GithubError::Limited { until, .. } => until.map(|until| until.0.saturating_sub(now.0)),
                other => panic!("{other:?}"),
            }
        };
        for (value, milliseconds) in [
            ("60", Some(60_000)),
            (" 1.5 ", Some(1_500)),
            ("-60", Some(0)),
            ("99999999999999999999", Some(i64::MAX - now.0)),
            ("Sat, 22 Nov 2025 08:01:00 GMT", Some(60_000)),
            ("Mon, 22 Nov 2025 08:01:00 GMT", Some(60_000)),
            ("Saturday, 22-Nov-25 08:01:00 GMT", Some(60_000)),
            ("soon", None),
            ("", None),
            ("NaN", None),
            ("inf", None),
        ] {
            assert_eq!(until(&[("retry-after", value)]), milliseconds, "{value}");
        }
        for (value, milliseconds) in [
            ("1763798460", Some(60_000)),
            ("1763798460000", Some(60_000)),
            ("-1", Some(-1_000 - now.0)),
            ("1e300", Some(i64::MAX - now.0)),
            ("soon", None),
        ] {
            let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", value)];
            assert_eq!(until(&headers), milliseconds, "{value}");
        }
        assert_eq!(until(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "1763798460")]), None);
    }

    #[test]
    fn a_refusal_names_its_cause() {
        for (status, message, expected) in [
            (401, "Bad credentials", Cause::BadCredentials),
            (403, "Resource protected by organization SAML enforcement.", Cause::SingleSignOn),
            (403, "Resource not accessible by personal access token", Cause::MissingPermission),
            (403, "Repository was archived so is read-only.", Cause::RepositoryArchived),
            (404, "Not Found", Cause::RepositoryNotFound),
            (410, "Issues has been disabled in this repository.", Cause::RepositoryGone),
            (301, "Moved Permanently", Cause::Redirected),
            (302, NOT_JSON, Cause::Redirected),
            (403, NOT_JSON, Cause::UnexpectedResponse),
            (404, NOT_JSON, Cause::UnexpectedResponse),
            (401, NOT_JSON, Cause::UnexpectedResponse),
            (407, "no message", Cause::UnexpectedResponse),
            (403, "Sorry. Your account was suspended.", Cause::AccountSuspended),
            (403, "This installation has been suspended", Cause::AccountSuspended),
            (
                403,
                "the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this",
                Cause::AddressNotAllowed,
            ),
            (403, "Repository access blocked", Cause::RepositoryBlocked),
            (451, "Repository access blocked", Cause::RepositoryBlocked),
            (403, "`acme` forbids access via a personal access token (classic).", Cause::Refused),
            (422, "Validation Failed", Cause::Refused),
        ] {
            assert_eq!(cause(status, message), expected, "{status} {message}");
        }
    }

    #[test]
    fn a_message_beside_members_of_another_shape_is_kept() {
        for (errors, shown) in [
            (r#""Validation failed: no commits""#, "GitHub refused (422): No [Validation failed: no commits]"),
            ("null", "GitHub refused (422): No"),
            ("7", "GitHub refused (422): No"),
            (r#"{"code":"custom"}"#, "GitHub refused (422): No [  custom ]"),
        ] {
            let body = format!(r#"{{"message":"No","errors":{errors}}}"#);
            assert_eq!(refused(422, &body, &[]).to_string(), shown);
        }
        assert_eq!(refused(404, r#"{"message":7}"#, &[]).to_string(), "GitHub refused (404): no message");
    }

    #[test]
    fn a_body_that_is_no_json_is_a_refusal_all_the_same() {
        for body in ["", "<html>", "[]", "\"text\""] {
            let error = refused(404, body, &[]);
            assert_eq!(error.to_string(), "GitHub refused (404): the response is no JSON", "{body}");
            assert_eq!(error.cause(), Cause::UnexpectedResponse);
        }
        let body = r#"{"message":null,"errors":null}"#;
        assert_eq!(refused(404, body, &[]).to_string(), "GitHub refused (404): no message");
    }
}
