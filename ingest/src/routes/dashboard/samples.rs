//! The samples of a group: a list, the view of one, and the choice of the one that people and agents are shown.

use std::sync::Arc;

use autoheal_contract::RefusalCode;
use autoheal_heal::compose::inert;
use autoheal_store::{Detail, SampleId};
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::groups::{FingerprintPath, Parameters, find};
use super::text::{self, shortened};
use crate::access::FormSecret;
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::templates::{Choice, SampleRow};

/// Maximum length of a message in the list, in characters.
const MESSAGE_CHARS: usize = 160;

/// The sample that a page shows.
pub(super) struct Viewed {
    /// The sample that people and agents are shown.
    shown: Option<SampleId>,
    /// The sample on the page.
    viewed: Option<SampleId>,
    /// The value of the form's hidden field `form`.
    form: String,
}

impl Viewed {
    /// The form that shows the viewed sample to people and agents; none if it is shown already.
    pub(super) fn chooses(&self, detail: &Detail, project: &str) -> Option<Choice> {
        let sample = self.viewed.filter(|viewed| Some(*viewed) != self.shown)?.0;
        Some(Choice {
            fingerprint: detail.group.fingerprint.to_string(),
            project: project.to_owned(),
            sample,
            form: self.form.clone(),
        })
    }
}

/// Moves the sample with this id to the front of the group's samples, where the page expects the one to display.
pub(super) fn view(detail: &mut Detail, id: Option<&str>, forms: &FormSecret) -> Viewed {
    let shown = detail.samples.first().map(|sample| sample.id);
    let wanted = id.and_then(|id| id.parse().ok()).map(SampleId);
    if let Some(place) = detail.samples.iter().position(|sample| Some(sample.id) == wanted) {
        detail.samples[..=place].rotate_right(1);
    }
    Viewed { shown, viewed: detail.samples.first().map(|sample| sample.id), form: forms.field().to_owned() }
}

/// The samples in the order of their arrival; none if there is only one.
pub(super) fn rows(detail: &Detail, viewed: &Viewed) -> Vec<SampleRow> {
    if detail.samples.len() < 2 {
        return Vec::new();
    }
    let mut samples: Vec<_> = detail.samples.iter().collect();
    samples.sort_by_key(|sample| sample.id);
    let row = |sample: &&autoheal_store::Sample| SampleRow {
        id: sample.id.0,
        time: text::time(sample.received_at),
        message: shortened(&inert(&sample.report.error_message), MESSAGE_CHARS),
        is_known: sample.sender.is_known(),
        is_shown: Some(sample.id) == viewed.shown,
        is_viewed: Some(sample.id) == viewed.viewed,
    };
    samples.iter().map(row).collect()
}

/// The fields of the form.
#[derive(Deserialize)]
pub(in crate::routes) struct Chosen {
    sample: i64,
    #[serde(default)]
    form: String,
}

/// `POST /groups/{fingerprint}/sample`: shows another sample to people and agents.
pub(in crate::routes) async fn choose(
    State(state): State<Arc<AppState>>,
    fingerprint: FingerprintPath,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    form: Result<Form<Chosen>, FormRejection>,
) -> Response {
    let allowed = form.map_err(unreadable).and_then(|Form(Chosen { sample, form })| {
        state.forms.require(&form, &state.config, &headers)?;
        Ok(SampleId(sample))
    });
    let stored = match allowed {
        Ok(sample) => store_choice(&state, fingerprint, &parameters, sample).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok(page) => Redirect::to(&page).into_response(),
        Err(error) => error.into_response(),
    }
}

/// The refusal of a form that cannot be read. axum's own is a text.
fn unreadable(rejection: FormRejection) -> ApiError {
    let code = match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => RefusalCode::UnsupportedMediaType,
        StatusCode::PAYLOAD_TOO_LARGE => RefusalCode::TooLarge,
        _ => RefusalCode::InvalidReport,
    };
    ApiError::new(code, "the form cannot be read; reload the page and try again")
}

async fn store_choice(
    state: &AppState,
    fingerprint: FingerprintPath,
    parameters: &Parameters,
    sample: SampleId,
) -> ApiResult<String> {
    let project = parameters.project();
    let fingerprint = find(state, project, fingerprint).await?.group.fingerprint;
    if !state.store.choose_sample(project, fingerprint, sample, state.clock.now()).await? {
        return Err(ApiError::new(RefusalCode::NotFound, "the group has no such sample; reload its page"));
    }
    tracing::info!(%fingerprint, sample = sample.0, "dashboard: the operator chose another sample");
    state.wake.notify_one();
    Ok(format!("/groups/{fingerprint}?project={}", in_query(project)))
}

/// A project's name in a query. Names of projects have no other characters, so nothing has to be escaped.
fn in_query(project: &str) -> String {
    project.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect()
}
