//! `POST /jsonrpc`: the page's own origin in front of an MCP server, so that the page needs no CORS.

use autoheal_contract::RefusalCode;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::access::{Page, require_own_host, shows_operator_token};
use crate::app::Shared;
use crate::body;
use crate::error::ApiError;

/// What of the request reaches the upstream: nothing that is the operator's, such as cookies of this origin.
const FORWARDED: [HeaderName; 4] =
    [header::ACCEPT, header::CONTENT_TYPE, header::AUTHORIZATION, header::ACCEPT_LANGUAGE];
/// What of the answer reaches the page.
const RETURNED: [HeaderName; 3] = [header::CONTENT_TYPE, header::RETRY_AFTER, header::WWW_AUTHENTICATE];
/// JSON-RPC: no meaning of its own, said in words.
const UPSTREAM_ERROR: i64 = -32000;

/// The upstream and the connections to it.
#[derive(Clone)]
pub(crate) struct Gateway {
    upstream: Uri,
    client: Client<HttpConnector, Body>,
}

impl Gateway {
    /// A gateway to an `http://` URL.
    pub(crate) fn new(upstream: Uri) -> Self {
        Self { upstream, client: Client::builder(TokioExecutor::new()).build_http() }
    }
}

/// The handler.
pub(super) async fn forward(State(shared): State<Shared>, mut headers: HeaderMap, body: Body) -> Response {
    let page = Page::of(&headers);
    let body = body::read(body, &headers).await;
    let allowed = page.require(&shared.config, &headers).and_then(|()| require_own_host(&shared.config, &headers));
    let answer = match (allowed, body, &shared.gateway) {
        (Err(error), ..) | (_, Err(error), _) => error.into_response(),
        (Ok(()), Ok(body), Some(gateway)) => {
            // Browsers repeat Basic credentials on every request to an origin, the gateway's too.
            if shows_operator_token(&shared.config, &headers) {
                headers.remove(header::AUTHORIZATION);
            }
            send(gateway, &headers, body).await
        }
        (Ok(()), Ok(_), None) => ApiError::new(RefusalCode::NotFound, "there is no --upstream").into_response(),
    };
    page.may_read(answer)
}

async fn send(gateway: &Gateway, headers: &HeaderMap, body: bytes::Bytes) -> Response {
    let mut request = Request::post(gateway.upstream.clone());
    for name in FORWARDED {
        for value in headers.get_all(&name) {
            request = request.header(&name, value);
        }
    }
    let id = request_id(&body);
    let answered = match request.body(Body::from(body)) {
        Ok(request) => gateway.client.request(request).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match answered {
        Ok(answer) => {
            let (parts, body) = answer.into_parts();
            let mut response = Response::new(Body::new(body));
            *response.status_mut() = parts.status;
            for name in RETURNED {
                if let Some(value) = parts.headers.get(&name) {
                    response.headers_mut().insert(name, value.clone());
                }
            }
            response
        }
        Err(error) => {
            tracing::warn!(%error, upstream = %gateway.upstream, "gateway: the upstream cannot be reached");
            let message = "the MCP server behind this service cannot be reached; is it running at --upstream?";
            let error = json!({"jsonrpc": "2.0", "id": id, "error": {"code": UPSTREAM_ERROR, "message": message}});
            (StatusCode::BAD_GATEWAY, axum::Json(error)).into_response()
        }
    }
}

/// The id of the request, so that its caller can tell which call failed.
fn request_id(body: &[u8]) -> Value {
    #[derive(serde::Deserialize)]
    struct WithId {
        id: Value,
    }
    serde_json::from_slice::<WithId>(body).map_or(Value::Null, |request| request.id)
}
