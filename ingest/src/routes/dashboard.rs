//! The dashboard: pages rendered by the service, without scripts, with every value escaped.

mod banners;
mod samples;
mod text;

pub(super) use samples::choose as choose_sample;

use std::sync::Arc;

use autoheal_contract::RefusalCode;
use autoheal_heal::compose::inert;
use autoheal_prepare::parse::Frame;
use autoheal_store::{BundleKind, Detail, Group, Raise, Status};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::banners::banners;
use self::samples::Viewed;
use self::text::shortened;
use super::groups::{FingerprintPath, MAX_LISTED, Parameters, find, held_back, note, preview};
use crate::config::Config;
use crate::error::{ApiError, STORE_ERRORS};
use crate::state::AppState;
use crate::status::ServiceStatus;
use crate::templates::{Fact, GroupPage, GroupsPage, Others, Page, ProblemPage, Row, Section, StackFrame};

/// Content security policy of the dashboard: only its own stylesheet; no scripts, images, frames or forms.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The same policy for a page with a form of its own.
const FORM_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Maximum length of a message in a heading or a row, in characters. A longer message gets a section of its own.
const TITLE_CHARS: usize = 240;

/// Maximum length of a name or a command among the facts, in characters.
const FACT_CHARS: usize = 100;

/// Maximum number of stack frames on a page.
const MAX_FRAMES: usize = 30;

/// `GET /`: the list of groups.
pub(super) async fn groups(State(state): State<Arc<AppState>>, Query(parameters): Query<Parameters>) -> Response {
    let groups = match state.store.groups(parameters.project(), MAX_LISTED).await {
        Ok(groups) => groups,
        Err(error) => {
            if let Some(more) = STORE_ERRORS.pass() {
                tracing::error!(%error, more, "dashboard: the groups could not be read");
            }
            return store_unavailable();
        }
    };
    let rows = groups.iter().map(|group| row(group, &state.config)).collect();
    let waiting = groups.iter().filter(|group| group.status == Status::AwaitingApproval).count();
    let full = groups.len() >= MAX_LISTED as usize;
    let banners = banners(&ServiceStatus::read(&state).await);
    let sends_to_github = state.config.sends_to_github(parameters.project());
    page(StatusCode::OK, &GroupsPage { banners, rows, waiting, full, sends_to_github })
}

/// `GET /groups/{fingerprint}`: one group.
pub(super) async fn group(
    State(state): State<Arc<AppState>>,
    fingerprint: FingerprintPath,
    Query(parameters): Query<Parameters>,
) -> Response {
    match find(&state, parameters.project(), fingerprint).await {
        Ok(mut detail) => {
            let viewed = samples::view(&mut detail, parameters.get("sample"), &state.forms);
            let banners = banners(&ServiceStatus::read(&state).await);
            let content = group_page(&detail, viewed, parameters.project(), &state.config);
            let content = GroupPage { banners, ..content };
            let mut response = page(StatusCode::OK, &content);
            if content.chooses.is_some() {
                let policy = HeaderValue::from_static(FORM_POLICY);
                response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
                // With `no-referrer`, browsers send the form with the origin `null`.
                response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
            }
            response
        }
        Err(error) if error.code().status() == 404 => problem(
            StatusCode::NOT_FOUND,
            "There is no such group",
            "No group in this store has this fingerprint. It may belong to another project or another store.",
        ),
        Err(_) => store_unavailable(),
    }
}

/// `GET /style.css`.
pub(super) async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, include_str!("../../web/style.css")).into_response()
}

fn store_unavailable() -> Response {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "The store cannot be read",
        "Check the log of autoheal serve, then reload this page.",
    )
}

fn problem(status: StatusCode, title: &'static str, advice: &'static str) -> Response {
    page(status, &ProblemPage { banners: Vec::new(), title, advice })
}

fn page(status: StatusCode, page: &impl Page) -> Response {
    let html = match page.html() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "dashboard: a page could not be rendered");
            let message = "the page could not be shown; see the log of autoheal serve";
            return ApiError::new(RefusalCode::StoreUnavailable, message).into_response();
        }
    };
    let mut response = (status, axum::response::Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // with `no-referrer`, browsers would send forms with `Origin: null`
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn row(group: &Group, config: &Config) -> Row {
    Row {
        fingerprint: group.fingerprint.to_string(),
        error_type: shortened(&inert(&group.error_type), 80),
        message: shortened(&inert(&group.error_message), TITLE_CHARS),
        source: text::source(group),
        severity: group.severity.name(),
        state: group.status.name(),
        status: text::status(group, held_back(group, config.caller_errors).is_some()),
        count: group.count,
        last_seen: text::time(group.last_seen),
    }
}

fn group_page(detail: &Detail, viewed: Viewed, project: &str, config: &Config) -> GroupPage {
    let group = &detail.group;
    let held_back = held_back(group, config.caller_errors).is_some();
    let mut sections = Vec::new();
    let mut section = |title: &'static str, text: String| {
        if !text.trim().is_empty() {
            sections.push(Section { title, text: inert(&text) });
        }
    };
    let mut frames = Vec::new();
    if let Some(sample) = detail.samples.first() {
        let report = &sample.report;
        if report.error_message.chars().count() > TITLE_CHARS || report.error_message.contains('\n') {
            section("Message", report.error_message.clone());
        }
        section("Stack trace", report.stack_trace.clone().unwrap_or_default());
        for cause in &report.causes {
            section("Caused by", format!("{}: {}", cause.error_type, cause.error_message));
        }
        section("Context", pretty(&report.context));
        section("JSON-RPC call", pretty(&report.rpc));
        section("Log", report.logs.iter().map(text::log_line).collect());
        section(
            "Parts of the fingerprint",
            sample.parts.iter().map(|part| format!("{}: {}\n", part.name, part.value)).collect(),
        );
        section("Dropped or cut fields", sample.marks.iter().map(|mark| format!("{mark}\n")).collect());
        frames = sample.frames.iter().take(MAX_FRAMES).map(stack_frame).collect();
    }
    let issue = preview(detail, config.repository(project));
    let message = shortened(&group.error_message, TITLE_CHARS);
    GroupPage {
        banners: Vec::new(),
        title: inert(&format!("{}: {message}", shortened(&group.error_type, 80))),
        facts: facts(group, detail),
        state: group.status.name(),
        status: text::status(group, held_back),
        meaning: text::meaning(group, config.sends_to_github(project), held_back),
        severity: group.severity.name(),
        shared: shared(detail),
        note: note(group, config.caller_errors).map(|note| inert(&note)),
        issue: group.issue.clone().map(|link| (link.number, web_address(link.url))),
        pull: group.pull.clone().map(|link| (link.number, web_address(link.url))),
        agent: group.hand_over.as_deref().map(agent),
        frames,
        sections,
        preview: issue
            .filter(|_| group.issue.is_none())
            .map(|issue| (issue.title, issue.labels.join(", "), issue.body)),
        others: others(detail, config),
        project: project.to_owned(),
        samples: samples::rows(detail, &viewed),
        chooses: viewed.chooses(detail, project),
        steps: detail.intents.iter().map(text::step).collect(),
        sends_to_github: config.sends_to_github(project),
        held_back,
    }
}

/// The other groups that have to do with this one.
fn others(detail: &Detail, config: &Config) -> Vec<Others> {
    let rows = |groups: &[Group]| groups.iter().map(|group| row(group, config)).collect();
    let mut others = vec![
        Others { title: "Failures that share its issue", rows: rows(&detail.members) },
        Others { title: "Related failures", rows: rows(&detail.related) },
    ];
    others.retain(|others: &Others| !others.rows.is_empty());
    others
}

/// The group whose issue this one shares, and the reason.
fn shared(detail: &Detail) -> Option<(&'static str, String)> {
    let reason = match detail.group.membership?.kind {
        BundleKind::Related => "It shares the issue of a failure with the same frames or cause",
        BundleKind::Digest => "It shares the issue of the first failure of a storm",
    };
    detail.lead.as_ref().map(|lead| (reason, lead.fingerprint.to_string()))
}

/// The address, if it may become a link. It comes from a response of GitHub, and a scheme other than HTTP could run a
/// script.
fn web_address(url: String) -> Option<String> {
    (url.starts_with("https://") || url.starts_with("http://")).then_some(url)
}

fn facts(group: &Group, detail: &Detail) -> Vec<Fact> {
    let releases: Vec<String> =
        detail.releases.iter().map(|release| format!("{} ({}×)", inert(&release.release), release.count)).collect();
    let report = detail.samples.first().map(|sample| &sample.report);
    let server = report.and_then(|report| report.server.as_ref());
    let server = server.map(|server| [server.name.as_str(), server.version.as_deref().unwrap_or_default()].join(" "));
    let tool = report.and_then(|report| report.rpc.as_ref()?.tool.as_deref());
    let command = report.and_then(|report| report.command.as_deref());
    let fact = |text: Option<&str>| shortened(&inert(text.unwrap_or_default().trim()), FACT_CHARS);
    let facts = [
        ("Occurrences", group.count.to_string()),
        ("From known senders", group.known_count.to_string()),
        ("Clients", if group.clients == 0 { String::new() } else { group.clients.to_string() }),
        ("Noise", noise(group)),
        ("Severity raised", raised(group)),
        ("First seen", text::time(group.first_seen).text),
        ("Last seen", text::time(group.last_seen).text),
        ("Source", text::source(group)),
        ("Server", fact(server.as_deref())),
        ("Tool, resource or prompt", fact(tool)),
        ("Command", fact(command)),
        ("Releases", shortened(&releases.join(", "), 400)),
        ("Fingerprint", group.fingerprint.to_string()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| Fact { name, value }).collect()
}

/// The number of occurrences that are noise, and the rule; empty if there are none.
fn noise(group: &Group) -> String {
    let rule = group.noise_rule.as_deref().unwrap_or("an earlier rule");
    if group.noise == 0 { String::new() } else { format!("{} of {}, by {}", group.noise, group.count, inert(rule)) }
}

/// The reason for a raised severity; empty if it was not raised.
fn raised(group: &Group) -> String {
    let release = match &group.raised {
        Some(Raise::NewInRelease { release, .. }) => format!(" ({})", shortened(&inert(release), FACT_CHARS)),
        _ => String::new(),
    };
    let reason =
        |reason: &Raise| format!("from {} to {} by {reason}{release}", group.rated.name(), group.severity.name());
    group.raised.as_ref().map(reason).unwrap_or_default()
}

fn stack_frame(frame: &Frame) -> StackFrame {
    StackFrame {
        function: shortened(&inert(frame.function.as_deref().unwrap_or("(anonymous)")), 160),
        place: format!("{}{}", shortened(&inert(frame.file.as_deref().unwrap_or("?")), 240), frame.position()),
        in_app: frame.in_app,
    }
}

fn pretty(value: &Option<impl serde::Serialize>) -> String {
    value.as_ref().and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default()
}

/// Splits the description of a hand-over into a text and the web address at its end, if there is one.
fn agent(hand_over: &str) -> (String, Option<String>) {
    match hand_over.rsplit_once(' ').map(|(text, address)| (text, web_address(address.to_owned()))) {
        Some((text, Some(address))) => (inert(text), Some(address)),
        _ => (inert(hand_over), None),
    }
}
