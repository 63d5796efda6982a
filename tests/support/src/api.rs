//! The API itself: every operation the stand-in carries out, on one screen.

mod agents;
mod comments;
mod events;
mod git;
mod issues;
mod labels;
mod people;
mod pulls;
mod search;

pub(crate) use people::HOURLY;

use crate::call::Call;
use crate::operation::Operation as Asked;
use crate::render;
use crate::reply::Reply;
use crate::state::State;

/// Carries a request out. None when GitHub describes the operation but the stand-in does not have it.
pub(crate) fn carry_out(state: &mut State, call: &Call) -> Option<Reply> {
    let asked = Asked::of(&call.method, &call.template);
    match asked {
        Asked::ReadUser => return Some(people::myself(state, call)),
        Asked::ReadRateLimit => return Some(people::rate_limit(state)),
        Asked::Search => return Some(search::issues(state, call)),
        _ => {}
    }
    let Some(at) = state.find(call.place("owner"), call.place("repo")) else { return Some(Reply::not_found()) };
    let repository = &mut state.repositories[at];
    if call.template.contains("/{repo}/issues") && !repository.settings.has_issues {
        return Some(Reply::error(410, "Issues has been disabled in this repository."));
    }
    Some(match asked {
        Asked::ReadRepository => Reply::new(200, render::repository(repository, &call.login)),
        Asked::ReadPermission => people::permission(repository, call),
        Asked::ReadAssignable => people::assignable(repository, call),
        Asked::ListIssues => issues::list(repository, call),
        Asked::CreateIssue => issues::create(repository, call),
        Asked::ReadIssue => issues::read(repository, call),
        Asked::UpdateIssue => issues::update(repository, call),
        Asked::AddAssignees => issues::add_assignees(repository, call),
        Asked::RemoveAssignees => issues::remove_assignees(repository, call),
        Asked::ListComments => comments::list(repository, call),
        Asked::CreateComment => comments::create(repository, call),
        Asked::UpdateComment => comments::update(repository, call),
        Asked::ListIssueLabels => labels::of_issue(repository, call),
        Asked::AddLabels => labels::add(repository, call),
        Asked::RemoveLabel => labels::remove(repository, call),
        Asked::ListEvents => events::list(repository, call),
        Asked::ListTimeline => events::timeline(repository, call),
        Asked::ListLabels => labels::list(repository, call),
        Asked::CreateLabel => labels::create(repository, call),
        Asked::ReadLabel => labels::read(repository, call),
        Asked::ListPulls => pulls::list(repository, call),
        Asked::CreatePull => pulls::create(repository, call),
        Asked::ReadPull => pulls::read(repository, call),
        Asked::UpdatePull => pulls::update(repository, call),
        Asked::ListPullFiles => pulls::files(repository, call),
        Asked::ReadRef => git::read_ref(repository, call),
        Asked::ListRefs => git::list_refs(repository, call),
        Asked::CreateRef => git::create_ref(repository, call),
        Asked::DeleteRef => git::delete_ref(repository, call),
        Asked::ReadCommit => git::read_commit(repository, call),
        Asked::CreateCommit => git::create_commit(repository, call),
        Asked::ListTasks => agents::list(repository, call),
        Asked::ReadTask => agents::read(repository, call),
        Asked::StartTask => agents::start(repository, call),
        _ => return None,
    })
}

/// Whether a title and a body are short enough, and the title is there; GitHub's words where not.
fn check_texts(resource: &str, title: Option<&str>, body: Option<&str>) -> Result<(), Reply> {
    if title.is_some_and(|title| title.trim().is_empty()) {
        return Err(Reply::invalid(resource, "title", "missing_field"));
    }
    if title.is_some_and(|title| title.chars().count() > 256) {
        return Err(Reply::custom(resource, Some("title"), "title is too long (maximum is 256 characters)"));
    }
    if body.is_some_and(|body| body.chars().count() > 65_536) {
        return Err(Reply::custom(resource, Some("body"), "body is too long (maximum is 65536 characters)"));
    }
    Ok(())
}
