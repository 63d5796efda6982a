//! A repository on the wire.

use serde_json::{Map, Value, json};

use super::{api, merged, node_id, page, user};
use crate::clock::stamp;
use crate::model::Repository;

/// Addresses that are the repository's own with something after.
const ADDRESSES: [(&str, &str); 35] = [
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

/// The whole repository, seen by someone.
pub(crate) fn repository(repository: &Repository, login: &str) -> Value {
    let fields: Map<String, Value> =
        ADDRESSES.iter().map(|(name, rest)| ((*name).to_owned(), json!(api(repository, rest)))).collect();
    let permission = repository.permission(login);
    let home = page(repository, "");
    let open = repository.issues.values().filter(|issue| issue.is_open()).count();
    let first = repository.commits.values().map(|commit| commit.date).min();
    let last = repository.commits.values().map(|commit| commit.date).max();
    let identity = json!({
        "id": 1,
        "node_id": node_id("R", 1),
        "name": repository.name,
        "full_name": repository.full_name(),
        "owner": user(&repository.url, &repository.owner),
        "private": false,
        "visibility": "public",
        "html_url": home,
        "description": "A repository of the stand-in for GitHub.",
        "fork": false,
        "url": api(repository, ""),
        "trees_url": api(repository, "/git/trees{/sha}"),
        "git_url": home, "ssh_url": home, "clone_url": home, "svn_url": home,
        "mirror_url": null, "homepage": null, "language": null, "license": null,
    });
    let figures = json!({
        "forks_count": 0, "stargazers_count": 0, "watchers_count": 0, "size": 0,
        "forks": 0, "watchers": 0, "subscribers_count": 0, "network_count": 0,
        "default_branch": repository.default_branch,
        "open_issues_count": open,
        "open_issues": open,
        "has_issues": repository.settings.has_issues,
        "has_projects": false, "has_wiki": false, "has_pages": false, "has_discussions": false, "has_downloads": false,
        "archived": false,
        "disabled": false,
        "pushed_at": last.map(stamp),
        "created_at": first.map(stamp),
        "updated_at": last.map(stamp),
        "permissions": {
            "admin": permission.role_name() == "admin",
            "push": permission.may_write(),
            "pull": true,
        },
    });
    merged(merged(Value::Object(fields), identity), figures)
}
