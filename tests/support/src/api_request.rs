//! A valid, authorised API request.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::api_response::ApiResponse;
use crate::render::percent_encode;

/// A request that matches GitHub's description.
pub(crate) struct ApiRequest {
    pub(crate) method: String,
    /// The path template of the operation, as the description writes it.
    pub(crate) template: String,
    pub(crate) path_parameters: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
    /// The user behind the token.
    pub(crate) login: String,
    pub(crate) now: DateTime<Utc>,
    /// The URL without its query, for links to other pages.
    pub(crate) url: String,
    /// A fault drops all assignees.
    pub(crate) drop_assignees: bool,
}

impl ApiRequest {
    pub(crate) fn path_parameter(&self, name: &str) -> &str {
        self.path_parameters.get(name).map_or("", String::as_str)
    }

    /// The issue or pull request in the path.
    pub(crate) fn number(&self) -> u64 {
        let text = self.path_parameters.get("issue_number").or_else(|| self.path_parameters.get("pull_number"));
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn query_parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A string field of the body.
    pub(crate) fn body_text(&self, name: &str) -> Option<&str> {
        self.body[name].as_str()
    }

    /// Names in a list of the body; each entry is a string or an object with this key.
    pub(crate) fn body_names(&self, list: &str, key: &str) -> Option<Vec<String>> {
        let entries = self.body[list].as_array()?;
        let names = entries.iter().filter_map(|entry| entry.as_str().or_else(|| entry[key].as_str()));
        Some(names.map(str::to_owned).collect())
    }

    /// The requested page of a list, with the `Link` header.
    pub(crate) fn page(&self, all: Vec<Value>) -> ApiResponse {
        self.paginate(all, Value::Array)
    }

    /// The requested page of search results, with the `Link` header.
    pub(crate) fn search_page(&self, all: Vec<Value>) -> ApiResponse {
        let total = all.len();
        self.paginate(all, |items| {
            json!({ "total_count": total, "incomplete_results": false, "items": items, "search_type": "lexical" })
        })
    }

    fn paginate(&self, all: Vec<Value>, body: impl FnOnce(Vec<Value>) -> Value) -> ApiResponse {
        let number = |name: &str| self.query_parameter(name).and_then(|text| text.parse::<usize>().ok());
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
        let response = ApiResponse::new(200, body(all.into_iter().skip((page - 1) * size).take(size).collect()));
        if links.is_empty() { response } else { response.with_header("link", links.join(", ")) }
    }

    fn link(&self, page: usize, relation: &str) -> String {
        let others = self.query.iter().filter(|(name, _)| name.as_str() != "page");
        let mut query: Vec<String> = others.map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        query.push(format!("page={page}"));
        format!("<{}?{}>; rel=\"{relation}\"", self.url, query.join("&"))
    }
}
