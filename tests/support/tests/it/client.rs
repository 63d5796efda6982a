//! A plain HTTP client that sends each request exactly once.

use std::time::Duration;

use autoheal_test_support::StandIn;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Response {
    /// The first of the `errors` of a 422.
    pub(crate) fn first_error(&self) -> &Value {
        &self.body["errors"][0]
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

#[derive(Clone)]
pub(crate) struct Client {
    http: HttpClient<HttpConnector, Body>,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Client {
    pub(crate) fn new(github: &StandIn) -> Self {
        Client {
            http: HttpClient::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http(),
            url: github.url().into(),
            token: github.token().into(),
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("user-agent", "tests")
            .header("content-type", "application/json")
            .header("x-github-api-version", "2022-11-28")
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> anyhow::Result<Response> {
        let response = tokio::time::timeout(Duration::from_secs(30), self.http.request(request)).await??;
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Response { status: parts.status, headers: parts.headers, text, body })
    }

    pub(crate) async fn try_call(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Response> {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(self.request(method, path).body(body)?).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.try_call("GET", path, Value::Null).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.try_call("POST", path, body).await.unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Response {
        self.try_call("PATCH", path, body).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str, body: Value) -> Response {
        self.try_call("DELETE", path, body).await.unwrap()
    }

    /// Opens an issue with this title and returns its number.
    pub(crate) async fn open_issue(&self, title: &str) -> u64 {
        let response = self.post("/repos/acme/shop/issues", json!({ "title": title, "body": "text" })).await;
        assert_eq!(response.status, 201, "{}", response.text);
        response.body["number"].as_u64().unwrap()
    }

    /// Creates a branch with one empty commit on top of main, as the service does.
    pub(crate) async fn create_branch(&self, branch: &str) -> String {
        let main = self.get("/repos/acme/shop/git/ref/heads/main").await.body["object"]["sha"].clone();
        let base = self.get(&format!("/repos/acme/shop/git/commits/{}", main.as_str().unwrap())).await;
        let commit = json!({ "message": "Start", "tree": base.body["tree"]["sha"], "parents": [main] });
        let commit = self.post("/repos/acme/shop/git/commits", commit).await;
        assert_eq!(commit.status, 201, "{}", commit.text);
        let sha = commit.body["sha"].as_str().unwrap().to_owned();
        let reference = json!({ "ref": format!("refs/heads/{branch}"), "sha": sha });
        assert_eq!(self.post("/repos/acme/shop/git/refs", reference).await.status, 201);
        sha
    }

    /// Opens a draft pull request from a new branch.
    pub(crate) async fn open_pull(&self, branch: &str) -> Response {
        self.create_branch(branch).await;
        let pull = json!({
            "title": "Fix", "head": branch, "base": "main", "body": "Fixes #1", "draft": true,
            "maintainer_can_modify": true,
        });
        self.post("/repos/acme/shop/pulls", pull).await
    }
}

/// Starts a stand-in and creates a client for it.
pub(crate) async fn start() -> (StandIn, Client) {
    let github = StandIn::start().await;
    let client = Client::new(&github);
    (github, client)
}

/// Fails, with a log of all requests, if a request or a response does not match GitHub's description.
pub(crate) fn assert_no_violations(github: &StandIn) {
    assert!(github.violations().is_empty(), "{}", github.read(autoheal_test_support::State::request_log));
}
