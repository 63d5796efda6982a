//! JSON of a repository.

use serde_json::{Map, Value, json};

use super::{api_url, merge, node_id, page_url, user};
use crate::clock::timestamp;
use crate::model::Repository;

/// Fields with URLs below the repository's API URL.
const URLS: [(&str, &str); 35] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
];

/// A repository, with the permissions of this user.
pub(crate) fn repository(repository: &Repository, login: &str) -> Value {
    let fields: Map<String, Value> =
        URLS.iter().map(|(name, rest)| ((*name).to_owned(), json!(api_url(repository, rest)))).collect();
    let permission = repository.permission(login);
    let html_url = page_url(repository, "");
    let open = repository.issues.values().filter(|issue| issue.is_open()).count();
    let first = repository.commits.values().map(|commit| commit.date).min();
    let last = repository.commits.values().map(|commit| commit.date).max();
    let identity = json!({
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name(),
        "owner": user(&repository.url, &repository.owner),
        "private": false,
        "visibility": "public",
        "html_url": html_url,
        "description": "A repository of the stand-in for GitHub.",
        "fork": false,
        "url": api_url(repository, ""),
        "trees_url": api_url(repository, "/git/trees{/sha}"),
        "git_url": html_url, "ssh_url": html_url, "clone_url": html_url, "svn_url": html_url,
        "mirror_url": null, "homepage": null, "language": null, "license": null,
    });
    let details = json!({
        "forks_count": 0, "stargazers_count": 0, "watchers_count": 0, "size": 0,
        "forks": 0, "watchers": 0, "subscribers_count": 0, "network_count": 0,
        "default_branch": repository.default_branch,
        "open_issues_count": open,
        "open_issues": open,
        "has_issues": repository.settings.has_issues,
        "has_projects": false, "has_wiki": false, "has_pages": false, "has_discussions": false, "has_downloads": false,
        "archived": false,
        "disabled": false,
        "pushed_at": last.map(timestamp),
        "created_at": first.map(timestamp),
        "updated_at": last.map(timestamp),
        "permissions": {
            "admin": permission.role_name() == "admin",
            "push": permission.may_write(),
            "pull": true,
        },
    });
    merge(merge(Value::Object(fields), identity), details)
}
