//! The dashboard: two pages rendered here, no script needed, every value escaped.

mod words;

use std::sync::Arc;

use autoheal_heal::compose::inert;
use autoheal_prepare::parse::Frame;
use autoheal_store::{Detail, Group, Status};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::words::shortened;
use super::groups::{LISTED, Named, Parameters, find, held_back, note, preview};
use crate::config::Config;
use crate::state::AppState;
use crate::templates::{Call, Fact, GroupPage, GroupsPage, Page, ProblemPage, Row, Section};

/// Nothing but our own stylesheet: no script, no image, no frame, no form.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How much of a message stands in a heading or a row; a longer one has a section of its own.
const TITLE_CHARS: usize = 240;

/// How much of a name or a command stands among the facts.
const FACT_CHARS: usize = 100;

/// `GET /`: every group.
pub(super) async fn groups(State(state): State<Arc<AppState>>, Query(parameters): Query<Parameters>) -> Response {
    let groups = match state.store.groups(parameters.project(), LISTED).await {
        Ok(groups) => groups,
        Err(error) => {
            tracing::error!(%error, "dashboard: reading groups failed");
            return problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "The store cannot be read",
                "Nothing is lost. Look at the log of autoheal serve, then load this page again.",
            );
        }
    };
    let rows = groups.iter().map(|group| row(group, &state.config)).collect();
    let waiting = groups.iter().filter(|group| group.status == Status::AwaitingApproval).count();
    let full = groups.len() >= LISTED as usize;
    page(StatusCode::OK, &GroupsPage { rows, waiting, full, sends: state.config.sends })
}

/// `GET /groups/{fingerprint}`: one group.
pub(super) async fn group(
    State(state): State<Arc<AppState>>,
    fingerprint: Named,
    Query(parameters): Query<Parameters>,
) -> Response {
    match find(&state, parameters.project(), fingerprint).await {
        Ok(detail) => page(StatusCode::OK, &group_page(&detail, &state.config)),
        Err(error) if error.code().status() == 404 => problem(
            StatusCode::NOT_FOUND,
            "There is no such group",
            "The address names a fingerprint that is not in this store. It may belong to another project or another store.",
        ),
        Err(_) => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "The store cannot be read",
            "Nothing is lost. Look at the log of autoheal serve, then load this page again.",
        ),
    }
}

/// `GET /style.css`.
pub(super) async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, include_str!("../../web/style.css")).into_response()
}

fn problem(status: StatusCode, title: &'static str, advice: &'static str) -> Response {
    page(status, &ProblemPage { title, advice })
}

fn page(status: StatusCode, page: &impl Page) -> Response {
    let html = match page.html() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "dashboard: rendering failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = (status, axum::response::Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn row(group: &Group, config: &Config) -> Row {
    Row {
        fingerprint: group.fingerprint.to_string(),
        error_type: shortened(&inert(&group.error_type), 80),
        message: shortened(&inert(&group.error_message), TITLE_CHARS),
        source: words::source(group),
        severity: group.severity.name(),
        state: group.status.name(),
        status: words::status(group, held_back(group, config.caller_errors).is_some()),
        count: group.count,
        last_seen: words::moment(group.last_seen),
    }
}

fn group_page(detail: &Detail, config: &Config) -> GroupPage {
    let group = &detail.group;
    let held_back = held_back(group, config.caller_errors).is_some();
    let mut sections = Vec::new();
    let mut section = |title: &'static str, text: String| {
        if !text.trim().is_empty() {
            sections.push(Section { title, text: inert(&text) });
        }
    };
    let mut calls = Vec::new();
    if let Some(sample) = detail.samples.first() {
        let report = &sample.report;
        if report.error_message.chars().count() > TITLE_CHARS || report.error_message.contains('\n') {
            section("Message", report.error_message.clone());
        }
        section("Stack", report.stack_trace.clone().unwrap_or_default());
        for cause in &report.causes {
            section("Caused by", format!("{}: {}", cause.error_type, cause.error_message));
        }
        section("Context", pretty(&report.context));
        section("Call", pretty(&report.rpc));
        section("Log", report.logs.iter().map(words::log_line).collect());
        section(
            "What made the fingerprint",
            sample.parts.iter().map(|part| format!("{}: {}\n", part.name, part.value)).collect(),
        );
        section(
            "Left out or cut",
            sample.marks.iter().map(|mark| format!("{} was {:?}\n", mark.field, mark.done).to_lowercase()).collect(),
        );
        calls = sample.frames.iter().take(30).map(call).collect();
    }
    let issue = preview(detail);
    let message = shortened(&group.error_message, TITLE_CHARS);
    GroupPage {
        title: inert(&format!("{}: {message}", shortened(&group.error_type, 80))),
        facts: facts(group, detail),
        state: group.status.name(),
        status: words::status(group, held_back),
        meaning: words::meaning(group, config.sends, held_back),
        severity: group.severity.name(),
        note: note(group, config.caller_errors).map(|note| inert(&note)),
        issue: group.issue.clone().map(|link| (link.number, web_address(link.url))),
        pull: group.pull.clone().map(|link| (link.number, web_address(link.url))),
        agent: group.hand_over.as_deref().map(agent),
        calls,
        sections,
        preview: issue
            .filter(|_| group.issue.is_none())
            .map(|issue| (issue.title, issue.labels.join(", "), issue.body)),
        steps: detail.intents.iter().map(words::step).collect(),
        sends: config.sends,
        held_back,
    }
}

/// Only web addresses become links: the API that named them is trusted, its answers are still data.
fn web_address(url: String) -> Option<String> {
    (url.starts_with("https://") || url.starts_with("http://")).then_some(url)
}

fn facts(group: &Group, detail: &Detail) -> Vec<Fact> {
    let releases: Vec<String> =
        detail.releases.iter().map(|release| format!("{} ({}×)", inert(&release.release), release.count)).collect();
    let report = detail.samples.first().map(|sample| &sample.report);
    let server = report.and_then(|report| report.server.as_ref());
    let server = server.map(|server| [server.name.as_str(), server.version.as_deref().unwrap_or_default()].join(" "));
    let called = report.and_then(|report| report.rpc.as_ref()?.tool.as_deref());
    let command = report.and_then(|report| report.command.as_deref());
    let told = |text: Option<&str>| shortened(&inert(text.unwrap_or_default().trim()), FACT_CHARS);
    let facts = [
        ("Seen", words::times(group.count)),
        ("Clients", if group.clients == 0 { String::new() } else { group.clients.to_string() }),
        ("First seen", words::moment(group.first_seen).shown),
        ("Last seen", words::moment(group.last_seen).shown),
        ("Source", words::source(group)),
        ("Server", told(server.as_deref())),
        ("Called", told(called)),
        ("Command", told(command)),
        ("Releases", shortened(&releases.join(", "), 400)),
        ("Fingerprint", group.fingerprint.to_string()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| Fact { name, value }).collect()
}

fn call(frame: &Frame) -> Call {
    let place = [frame.line, frame.column].into_iter().flatten().map(|number| format!(":{number}")).collect::<String>();
    Call {
        function: shortened(&inert(frame.function.as_deref().unwrap_or("(anonymous)")), 160),
        place: format!("{}{place}", shortened(&inert(frame.file.as_deref().unwrap_or("?")), 240)),
        in_app: frame.in_app,
    }
}

fn pretty(value: &Option<impl serde::Serialize>) -> String {
    value.as_ref().and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default()
}

/// Where the agent was asked: words, and an address when the last of them is one.
fn agent(told: &str) -> (String, Option<String>) {
    match told.rsplit_once(' ').map(|(words, address)| (words, web_address(address.to_owned()))) {
        Some((words, Some(address))) => (inert(words), Some(address)),
        _ => (inert(told), None),
    }
}
