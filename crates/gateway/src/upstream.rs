//! `Upstream`: the MCP server behind the gateway, and where a request's path leads there.

use std::path::Path;

use autoheal_watch::InventoryFile;
use axum::http::uri::{PathAndQuery, Scheme};
use axum::http::{HeaderValue, Uri};

/// An MCP server's URL.
#[derive(Debug, Clone)]
pub struct Upstream {
    url: Uri,
    host: HeaderValue,
    origin: HeaderValue,
}

impl Upstream {
    /// Reads an `http://` or `https://` URL without credentials in it.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let url: Uri = url.trim().parse().ok()?;
        let scheme = url.scheme().filter(|scheme| **scheme == Scheme::HTTP || **scheme == Scheme::HTTPS)?;
        let authority = url.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let host = HeaderValue::from_str(authority.as_str()).ok()?;
        let origin = HeaderValue::from_str(&format!("{scheme}://{authority}")).ok()?;
        Some(Self { host, origin, url })
    }

    /// The URL as it was written.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// What is remembered of it in this data directory. Its query may hold keys, and says nothing about who it is.
    #[must_use]
    pub fn memory(&self, data: &Path) -> InventoryFile {
        let authority = self.url.authority().map_or("", |authority| authority.as_str());
        InventoryFile::of_address(data, self.url.scheme_str().unwrap_or_default(), authority, self.url.path())
    }

    /// Whether it is reached by TLS.
    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == Some(&Scheme::HTTPS)
    }

    /// What a client of the server itself would send as `Host`.
    #[must_use]
    pub fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// What a page of the server itself would send as `Origin`.
    pub(super) fn origin(&self) -> &HeaderValue {
        &self.origin
    }

    /// Where a request leads: its own path at the server, and from `/` to the path of the server's URL.
    pub(super) fn target(&self, asked: &Uri) -> Uri {
        match asked.path_and_query() {
            // A copy: the client's whole read buffer would stay as long as this does, which is until the answer.
            Some(path) if !matches!(path.path(), "" | "/" | "*") => {
                self.at(PathAndQuery::try_from(path.as_str().to_owned()).unwrap_or_else(|_| path.clone()))
            }
            _ => self.entrance(asked.query()),
        }
    }

    /// The URL itself, with a request's query beside its own.
    #[must_use]
    pub fn entrance(&self, query: Option<&str>) -> Uri {
        let Some(query) = query else { return self.url.clone() };
        let joined = match self.url.query() {
            Some(own) => format!("{}?{own}&{query}", self.url.path()),
            None => format!("{}?{query}", self.url.path()),
        };
        // Two valid queries make a valid one; should they be too long together, the server's own counts.
        joined.parse().map_or_else(|_| self.url.clone(), |path| self.at(path))
    }

    fn at(&self, path: PathAndQuery) -> Uri {
        let mut parts = self.url.clone().into_parts();
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).unwrap_or_else(|_| self.url.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_servers_own_and_the_root_leads_to_its_url() {
        let check = |url: &str, asked: &str, expected: &str| {
            let upstream = Upstream::parse(url).unwrap();
            assert_eq!(upstream.target(&asked.parse().unwrap()), expected, "{url} {asked}");
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
        for wrong in ["ftp://h/", "h:1", "/mcp", "", "http://user:word@h/"] {
            assert!(Upstream::parse(wrong).is_none(), "{wrong}");
        }
    }
}
