//! `/api/groups`: the groups as JSON, with the same content as the dashboard.

use std::collections::HashMap;
use std::sync::Arc;

use autoheal_contract::RefusalCode;
use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_heal::NOISE;
use autoheal_heal::compose::{self, ComposedIssue, issue_title};
use autoheal_heal::settings::{CallerErrors, Repository};
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::{Detail, Group, Status, Work};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

/// Maximum number of groups in a list.
pub(super) const MAX_LISTED: u32 = 200;

/// The query parameters. Any query is accepted.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    /// The parameter of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The requested project.
    pub(super) fn project(&self) -> &str {
        self.0.get("project").map_or(DEFAULT_PROJECT, String::as_str)
    }
}

/// The fingerprint in the path; an error if the path is not UTF-8.
pub(super) type FingerprintPath = Result<Path<String>, PathRejection>;

/// `GET /api/groups`.
pub(super) async fn list(
    State(state): State<Arc<AppState>>,
    Query(parameters): Query<Parameters>,
) -> ApiResult<Json<Value>> {
    let groups = state.store.groups(parameters.project(), MAX_LISTED).await?;
    Ok(Json(json!({"groups": groups.iter().map(summary).collect::<Vec<_>>()})))
}

/// `GET /api/groups/{fingerprint}`.
pub(super) async fn one(
    State(state): State<Arc<AppState>>,
    fingerprint: FingerprintPath,
    Query(parameters): Query<Parameters>,
) -> ApiResult<Json<Value>> {
    let detail = find(&state, parameters.project(), fingerprint).await?;
    let mut group = summary(&detail.group);
    group["class"] = json!(detail.group.class);
    group["clients"] = json!(detail.group.clients);
    group["known_count"] = json!(detail.group.known_count);
    group["noise"] = json!({"count": detail.group.noise, "rule": detail.group.noise_rule});
    group["known_clients"] = json!(detail.group.known_clients);
    group["creator"] = json!(detail.group.creator.to_string());
    group["note"] = json!(note(&detail.group, state.config.caller_errors));
    group["hand_over"] = json!(detail.group.hand_over);
    group["releases"] = json!(detail.releases);
    group["preview"] = json!(preview(&detail, state.config.repository(parameters.project())));
    group["severity_raised"] = json!(detail.group.raised.as_ref().map(ToString::to_string));
    group["bundle"] = json!(detail.group.membership.map(|membership| {
        let lead = detail.lead.as_ref().map(|lead| lead.fingerprint);
        json!({"lead": lead, "reason": membership.kind.name()})
    }));
    group["members"] = json!(detail.members.iter().map(|member| member.fingerprint).collect::<Vec<_>>());
    group["related"] = json!(detail.related.iter().map(|other| other.fingerprint).collect::<Vec<_>>());
    let time = |time: autoheal_prepare::Timestamp| time.to_string();
    let intents: Vec<Value> = detail
        .intents
        .iter()
        .map(|intent| {
            json!({
                "kind": intent.kind, "state": intent.state, "attempt": intent.attempt,
                "sent_at": time(intent.sent_at), "outcome": intent.outcome,
            })
        })
        .collect();
    let approvals: Vec<Value> = detail
        .approvals
        .iter()
        .map(|approval| {
            let revoked_at = approval.revoked_at.map(time);
            json!({"login": approval.login, "hash": approval.hash, "labelled_at": time(approval.labelled_at), "revoked_at": revoked_at})
        })
        .collect();
    let samples: Vec<Value> = detail
        .samples
        .iter()
        .map(|sample| {
            let mut shown = json!(sample);
            shown["client"] = json!(sample.client.map(|client| client.to_string()));
            shown
        })
        .collect();
    Ok(Json(json!({"group": group, "samples": samples, "intents": intents, "approvals": approvals})))
}

/// Finds a group by any of its fingerprints.
pub(super) async fn find(state: &AppState, project: &str, fingerprint: FingerprintPath) -> ApiResult<Detail> {
    let unknown = || ApiError::new(RefusalCode::NotFound, "there is no group with this fingerprint");
    let Path(text) = fingerprint.map_err(|_| unknown())?;
    let fingerprint = Fingerprint::parse(&text).ok_or_else(unknown)?;
    state.store.detail(project, fingerprint).await?.ok_or_else(unknown)
}

/// The issue of the group, as it was or would be sent.
pub(super) fn preview(detail: &Detail, repository: Option<&Repository>) -> Option<ComposedIssue> {
    let work = Work {
        group: detail.group.clone(),
        sample: detail.samples.first()?.clone(),
        page: None,
        releases: detail.releases.clone(),
        intents: Vec::new(),
        approval: None,
        lead: detail.lead.clone(),
        members: detail.members.clone(),
    };
    Some(compose::preview(&work, repository))
}

/// The reason that a recorded group opens no issue. `None` if it has or may open one.
pub(super) fn held_back(group: &Group, caller_errors: CallerErrors) -> Option<&'static str> {
    if group.status != Status::Recorded {
        return None;
    }
    let is_held = caller_errors.hold_back(group.source, group.class.as_deref(), group.confirmed_clients());
    is_held.then_some(CallerErrors::REASON).or_else(|| group.is_noise().then_some(NOISE))
}

/// The note of the worker about the group, or the reason that it opens no issue.
pub(super) fn note(group: &Group, caller_errors: CallerErrors) -> Option<String> {
    group.note.clone().or_else(|| held_back(group, caller_errors).map(str::to_owned))
}

fn summary(group: &Group) -> Value {
    json!({
        "fingerprint": group.fingerprint,
        "title": issue_title(&group.error_type, &group.error_message),
        "error_type": group.error_type,
        "source": group.source,
        "severity": group.severity,
        "status": group.status,
        "count": group.count,
        "first_seen": group.first_seen.to_string(),
        "last_seen": group.last_seen.to_string(),
        "issue": group.issue,
        "pull_request": group.pull,
        // without an issue, the one that `/api/groups/{fingerprint}` shows is a preview
        "preview": group.issue.is_none(),
    })
}
