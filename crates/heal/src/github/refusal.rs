//! Reads responses that are no success: first the four ways in which GitHub asks for a wait, then its refusals.

use std::time::Duration;

use autoheal_prepare::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::GithubError;

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
    let refusal: Refusal = serde_json::from_str(body).unwrap_or_default();
    let mut message = refusal.message.expected().unwrap_or_else(|| "no message".to_owned());
    if matches!(status, 403 | 429) {
        let number = |name: &str| header(name).and_then(|value| value.parse::<u64>().ok());
        let retry_after = number("retry-after").map(|seconds| now.plus(Duration::from_secs(seconds)));
        let reset = || {
            let spent = number("x-ratelimit-remaining") == Some(0);
            let reset = number("x-ratelimit-reset").and_then(|seconds| i64::try_from(seconds).ok());
            reset.filter(|_| spent).map(Timestamp::from_seconds)
        };
        let until = retry_after.or_else(reset);
        if until.is_some() || status == 429 || message.to_lowercase().contains("secondary rate limit") {
            return GithubError::Limited { until, message };
        }
    }
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
    GithubError::Refused { status, message }
}

#[cfg(test)]
mod tests {
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
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert!(matches!(refused(403, secondary, &[]), GithubError::Limited { until: None, .. }));
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
        for body in ["", "<html>", "[]", r#"{"message":null,"errors":null}"#] {
            assert_eq!(refused(404, body, &[]).to_string(), "GitHub refused (404): no message", "{body}");
        }
    }
}
