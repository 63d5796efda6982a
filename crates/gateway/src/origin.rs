//! `Origin`: the origin of a page, in the form that browsers send.

use axum::http::Uri;

/// An origin `scheme://host[:port]`, in the form that browsers send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Parses an origin, or the origin of a URL. The result is in lower case and without a default port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim().parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host().to_ascii_lowercase();
        let default_port = if scheme == "http" { 80 } else { 443 };
        let port = authority.port_u16().filter(|port| *port != default_port);
        Some(Self(match port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }

    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_normalized_to_the_form_of_browsers() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Origin::parse(text).as_ref().map(Origin::as_str), expected, "{text}");
        };
        check("https://Shop.example:443/path?q", Some("https://shop.example"));
        check("http://127.0.0.1:8787", Some("http://127.0.0.1:8787"));
        check("http://[::1]:80", Some("http://[::1]"));
        for invalid in ["null", "shop.example", "ftp://shop.example", "https://user@shop.example", ""] {
            check(invalid, None);
        }
    }
}
