//! Reads failures of the connection: whether a write may have happened, and what the operator can do.

use std::error::Error;
use std::io;

use super::GithubError;
use crate::status::Cause;

/// Reads the error of a failed exchange. Without a connection nothing happened; after any other error the write may have
/// happened.
pub(super) fn read(error: &(dyn Error + 'static)) -> GithubError {
    let mut messages: Vec<String> = Vec::new();
    let mut is_connect = false;
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(client) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
            is_connect |= client.is_connect();
        }
        let message = first_line(&error.to_string());
        if messages.last().is_none_or(|last| !last.contains(&message)) {
            messages.push(message);
        }
        // An I/O error that wraps another error returns the source of that error, not the error itself.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source());
    }
    let message = messages.join(": ");
    if is_connect { GithubError::Unreachable { cause: cause(&message), message } } else { GithubError::lost(message) }
}

/// octocrab shows a backtrace below the message of some errors.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim_end_matches([':', ' ']).to_owned()
}

/// The cause of a connection that was not made, by the messages of the connector, whose types are private, and of rustls.
fn cause(message: &str) -> Cause {
    let has = |text: &str| message.contains(text);
    if has("dns error") || has("failed to lookup address") {
        Cause::NameNotFound
    } else if has("invalid peer certificate") {
        Cause::CertificateNotTrusted
    } else if has("received corrupt message") || has("received fatal alert") {
        Cause::NoTls
    } else {
        Cause::GithubDown
    }
}
