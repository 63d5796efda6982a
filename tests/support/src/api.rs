//! The API: every operation that the stand-in implements, with its handler.

mod agents;
mod comments;
mod events;
mod git;
mod issues;
mod labels;
mod pulls;
mod reviews;
mod search;
mod users;

pub(crate) use users::HOURLY_LIMIT;

use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::{Departure, Repository};
use crate::operation::Operation;
use crate::render;
use crate::state::State;

/// Carries out a request. `None` when the stand-in does not implement the operation.
pub(crate) fn carry_out(state: &mut State, request: &ApiRequest) -> Option<ApiResponse> {
    let operation = Operation::of(&request.method, &request.template);
    match operation {
        Operation::ReadUser => return Some(users::current_user(state, request)),
        Operation::ReadRateLimit => return Some(users::rate_limit(state)),
        Operation::Search => return Some(search::issues(state, request)),
        _ => {}
    }
    let Some(at) = state.find(request.path_parameter("owner"), request.path_parameter("repo")) else {
        return Some(ApiResponse::not_found());
    };
    let repository = &mut state.repositories[at];
    if request.template.contains("/{repo}/issues") && !repository.settings.has_issues {
        return Some(ApiResponse::error(410, "Issues has been disabled in this repository."));
    }
    if let Some(response) = departed(repository, request) {
        return Some(response);
    }
    Some(match operation {
        Operation::ReadRepository => ApiResponse::new(200, render::repository(repository, &request.login)),
        Operation::ReadPermission => users::permission(repository, request),
        Operation::ReadAssignable => users::assignable(repository, request),
        Operation::ListIssues => issues::list(repository, request),
        Operation::CreateIssue => issues::create(repository, request),
        Operation::ReadIssue => issues::read(repository, request),
        Operation::UpdateIssue => issues::update(repository, request),
        Operation::AddAssignees => issues::add_assignees(repository, request),
        Operation::RemoveAssignees => issues::remove_assignees(repository, request),
        Operation::LockIssue => issues::lock(repository, request),
        Operation::UnlockIssue => issues::unlock(repository, request),
        Operation::ListComments => comments::list(repository, request),
        Operation::CreateComment => comments::create(repository, request),
        Operation::UpdateComment => comments::update(repository, request),
        Operation::ListIssueLabels => labels::of_issue(repository, request),
        Operation::AddLabels => labels::add(repository, request),
        Operation::RemoveLabel => labels::remove(repository, request),
        Operation::ListEvents => events::list(repository, request),
        Operation::ListTimeline => events::timeline(repository, request),
        Operation::ListLabels => labels::list(repository, request),
        Operation::CreateLabel => labels::create(repository, request),
        Operation::ReadLabel => labels::read(repository, request),
        Operation::ListPulls => pulls::list(repository, request),
        Operation::CreatePull => pulls::create(repository, request),
        Operation::ReadPull => pulls::read(repository, request),
        Operation::UpdatePull => pulls::update(repository, request),
        Operation::ListPullFiles => pulls::files(repository, request),
        Operation::ListReviews => reviews::list(repository, request),
        Operation::ListReviewComments => reviews::comments(repository, request),
        Operation::ReadRef => git::read_ref(repository, request),
        Operation::ListRefs => git::list_refs(repository, request),
        Operation::CreateRef => git::create_ref(repository, request),
        Operation::DeleteRef => git::delete_ref(repository, request),
        Operation::ReadCommit => git::read_commit(repository, request),
        Operation::CreateCommit => git::create_commit(repository, request),
        Operation::ListTasks => agents::list(repository, request),
        Operation::ReadTask => agents::read(repository, request),
        Operation::StartTask => agents::start(repository, request),
        _ => return None,
    })
}

/// The response to a request for an issue that left the repository.
fn departed(repository: &Repository, request: &ApiRequest) -> Option<ApiResponse> {
    let departure =
        repository.departures.get(&request.number()).filter(|_| request.template.contains("{issue_number}"));
    Some(match departure? {
        Departure::Transferred { repository: id, number } => {
            // GitHub's description has this 301 for most operations of an issue; it is assumed for the others
            let (_, below) = request.url.split_once("/issues/").unwrap_or_default();
            let rest = below.trim_start_matches(|char: char| char.is_ascii_digit());
            ApiResponse::moved_permanently(&format!("{}/repositories/{id}/issues/{number}{rest}", repository.url))
        }
        Departure::Deleted => ApiResponse::error(410, "This issue was deleted"),
        // GitHub documents no status for a converted issue; the status of a deleted one is assumed. According to other
        // reports the issue stays readable, as after `StandIn::close_as_discussion`
        Departure::Discussion => ApiResponse::error(410, "This issue was deleted"),
    })
}

/// Checks that a title is not blank and that title and body are short enough. The error has GitHub's message.
fn check_texts(resource: &str, title: Option<&str>, body: Option<&str>) -> Result<(), ApiResponse> {
    if title.is_some_and(|title| title.trim().is_empty()) {
        return Err(ApiResponse::invalid(resource, "title", "missing_field"));
    }
    if title.is_some_and(|title| title.chars().count() > 256) {
        return Err(ApiResponse::custom(resource, Some("title"), "title is too long (maximum is 256 characters)"));
    }
    if body.is_some_and(|body| body.chars().count() > 65_536) {
        return Err(ApiResponse::custom(resource, Some("body"), "body is too long (maximum is 65536 characters)"));
    }
    Ok(())
}
