//! `Upstream`: the URL of the MCP server, and the targets of requests there.

use std::path::Path;

use autoheal_watch::InventoryFile;
use axum::http::uri::{PathAndQuery, Scheme};
use axum::http::{HeaderValue, Uri};

/// The URL of an MCP server.
#[derive(Debug, Clone)]
pub struct Upstream {
    url: Uri,
    host: HeaderValue,
    origin: HeaderValue,
}

impl Upstream {
    /// Parses an `http://` or `https://` URL without credentials.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let url: Uri = url.trim().parse().ok()?;
        let scheme = url.scheme().filter(|scheme| **scheme == Scheme::HTTP || **scheme == Scheme::HTTPS)?;
        let authority = url.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let host = HeaderValue::from_str(authority.as_str()).ok()?;
        let origin = HeaderValue::from_str(&format!("{scheme}://{authority}")).ok()?;
        Some(Self { host, origin, url })
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// The inventory file of this server in a data directory. Its name does not depend on the query, because a query
    /// may contain keys and does not identify the server.
    #[must_use]
    pub fn inventory_file(&self, data: &Path) -> InventoryFile {
        let authority = self.url.authority().map_or("", |authority| authority.as_str());
        InventoryFile::of_address(data, self.url.scheme_str().unwrap_or_default(), authority, self.url.path())
    }

    /// Whether connections use TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.url.scheme() == Some(&Scheme::HTTPS)
    }

    /// The `Host` that a direct client of the server sends.
    #[must_use]
    pub fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// The `Origin` that a page of the server itself sends.
    pub(super) fn origin(&self) -> &HeaderValue {
        &self.origin
    }

    /// The target of a request: the same path at the server, or the server's URL for `/`.
    #[must_use]
    pub fn target(&self, requested: &Uri) -> Uri {
        match requested.path_and_query() {
            // Copied, because the original shares the read buffer of the client's connection and would hold it until
            // the response.
            Some(path) if !matches!(path.path(), "" | "/" | "*") => {
                self.with_path(PathAndQuery::try_from(path.as_str().to_owned()).unwrap_or_else(|_| path.clone()))
            }
            _ => self.endpoint(requested.query()),
        }
    }

    /// The URL of the server, with the query of a request added to its own.
    #[must_use]
    pub fn endpoint(&self, query: Option<&str>) -> Uri {
        let Some(query) = query else { return self.url.clone() };
        let joined = match self.url.query() {
            Some(own) => format!("{}?{own}&{query}", self.url.path()),
            None => format!("{}?{query}", self.url.path()),
        };
        // Fails only if both queries together are too long: then the query of the request is dropped.
        joined.parse().map_or_else(|_| self.url.clone(), |path| self.with_path(path))
    }

    fn with_path(&self, path: PathAndQuery) -> Uri {
        let mut parts = self.url.clone().into_parts();
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).unwrap_or_else(|_| self.url.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kept_and_the_root_becomes_the_servers_url() {
        let check = |url: &str, requested: &str, expected: &str| {
            let upstream = Upstream::parse(url).unwrap();
            assert_eq!(upstream.target(&requested.parse().unwrap()), expected, "{url} {requested}");
        };
        check("http://h:1/mcp", "/mcp", "http://h:1/mcp");
        check("http://h:1/mcp", "/", "http://h:1/mcp");
        check("http://h:1/mcp", "*", "http://h:1/mcp");
        check("http://h:1/mcp", "http://other/", "http://h:1/mcp");
        check("http://h:1/mcp", "/?a=b", "http://h:1/mcp?a=b");
        check("http://h:1/mcp?key=k", "/", "http://h:1/mcp?key=k");
        check("http://h:1/mcp?key=k", "/?a=b", "http://h:1/mcp?key=k&a=b");
        check("https://h/a/mcp", "/.well-known/x?y=%2F", "https://h/.well-known/x?y=%2F");
        check("http://h", "/", "http://h/");
    }

    #[test]
    fn other_schemes_and_credentials_are_refused() {
        for invalid in ["ftp://h/", "h:1", "/mcp", "", "http://user:word@h/"] {
            assert!(Upstream::parse(invalid).is_none(), "{invalid}");
        }
    }
}
