//! `Origin`: the origin of a page, in the form browsers send.

use axum::http::Uri;

/// `scheme://host[:port]`, as browsers write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin, or the origin of a URL; lower case, default ports left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim().parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host().to_ascii_lowercase();
        let default = if scheme == "http" { 80 } else { 443 };
        let port = authority.port_u16().filter(|port| *port != default);
        Some(Self(match port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }

    /// The text browsers write.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_compare_as_browsers_write_them() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Origin::parse(text).as_ref().map(Origin::as_str), expected, "{text}");
        };
        check("https://Shop.example:443/path?q", Some("https://shop.example"));
        check("http://127.0.0.1:8787", Some("http://127.0.0.1:8787"));
        check("http://[::1]:80", Some("http://[::1]"));
        for wrong in ["null", "shop.example", "ftp://shop.example", "https://user@shop.example", ""] {
            check(wrong, None);
        }
    }
}
