//! One authorised request that fits the description, as the handlers see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::render::percent_encode;
use crate::reply::Reply;

/// What is asked, by whom, and when.
pub(crate) struct Call {
    pub(crate) method: String,
    /// The path as the description writes it.
    pub(crate) template: String,
    /// The values in the path.
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) login: String,
    pub(crate) now: DateTime<Utc>,
    /// The address without its query, for links to further pages.
    pub(crate) address: String,
    /// A fault keeps everyone from being assigned.
    pub(crate) drop_assignees: bool,
}

impl Call {
    pub(crate) fn place(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// The issue or pull request in the path.
    pub(crate) fn number(&self) -> u64 {
        let text = self.path.get("issue_number").or_else(|| self.path.get("pull_number"));
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A string in the body.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body[name].as_str()
    }

    /// Names in the body, given as strings or as objects with this key.
    pub(crate) fn names(&self, list: &str, key: &str) -> Option<Vec<String>> {
        let given = self.body[list].as_array()?;
        let names = given.iter().filter_map(|entry| entry.as_str().or_else(|| entry[key].as_str()));
        Some(names.map(str::to_owned).collect())
    }

    /// One page of a list, with the `Link` header that leads to the others.
    pub(crate) fn page(&self, all: Vec<Value>) -> Reply {
        let (shown, link) = self.slice(all);
        let reply = Reply::new(200, Value::Array(shown));
        if link.is_empty() { reply } else { reply.with_header("link", link) }
    }

    /// One page of search results.
    pub(crate) fn search_page(&self, all: Vec<Value>) -> Reply {
        let total = all.len();
        let (items, link) = self.slice(all);
        let body = json!({
            "total_count": total, "incomplete_results": false, "items": items, "search_type": "lexical"
        });
        let reply = Reply::new(200, body);
        if link.is_empty() { reply } else { reply.with_header("link", link) }
    }

    fn slice(&self, all: Vec<Value>) -> (Vec<Value>, String) {
        let number = |name: &str| self.asked(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("per_page").unwrap_or(30).clamp(1, 100);
        let page = number("page").unwrap_or(1).max(1);
        let last = all.len().div_ceil(size).max(1);
        let mut links = Vec::new();
        if page > 1 {
            links.push(self.link(1, "first"));
            links.push(self.link((page - 1).min(last), "prev"));
        }
        if page < last {
            links.push(self.link(page + 1, "next"));
            links.push(self.link(last, "last"));
        }
        (all.into_iter().skip((page - 1) * size).take(size).collect(), links.join(", "))
    }

    fn link(&self, page: usize, relation: &str) -> String {
        let kept = self.query.iter().filter(|(name, _)| name.as_str() != "page");
        let mut query: Vec<String> = kept.map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        query.push(format!("page={page}"));
        format!("<{}?{}>; rel=\"{relation}\"", self.address, query.join("&"))
    }
}
