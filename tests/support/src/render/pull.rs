//! Pull requests on the wire.

use serde_json::{Value, json};

use super::issue::{assignees_of, association, labels_of};
use super::{api, merged, node_id, page, repository, user};
use crate::clock::stamp;
use crate::model::{Issue, PullRequest, Repository};

/// A pull request in full; lists show the same fields.
pub(crate) fn pull(repo: &Repository, issue: &Issue, pull: &PullRequest) -> Value {
    let number = issue.number;
    let here = api(repo, &format!("/pulls/{number}"));
    let thread = api(repo, &format!("/issues/{number}"));
    let home = page(repo, &format!("/pull/{number}"));
    let assignees = assignees_of(repo, issue);
    let sha = |branch: &str| repo.branch(branch).map(|commit| commit.sha.clone()).unwrap_or_default();
    let (head, base) = (sha(&pull.head), sha(&pull.base));
    let statuses = api(repo, &format!("/statuses/{head}"));
    let ahead = repo.history(&head).difference(&repo.history(&base)).count();
    let comments = repo.comments.iter().filter(|comment| comment.number == number).count();
    let shown = repository(repo, &issue.author);
    let side = |branch: &str, sha: &str| {
        json!({
            "label": format!("{}:{branch}", repo.owner),
            "ref": branch,
            "sha": sha,
            "repo": shown,
            "user": user(&repo.url, &repo.owner),
        })
    };
    let thread_half = json!({
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "number": number,
        "url": here,
        "html_url": home,
        "diff_url": format!("{home}.diff"),
        "patch_url": format!("{home}.patch"),
        "issue_url": thread,
        "commits_url": format!("{here}/commits"),
        "review_comments_url": format!("{here}/comments"),
        "review_comment_url": api(repo, "/pulls/comments{/number}"),
        "comments_url": format!("{thread}/comments"),
        "statuses_url": statuses,
        "state": issue.state,
        "locked": false,
        "title": issue.title,
        "body": issue.body,
        "user": user(&repo.url, &issue.author),
        "labels": labels_of(repo, issue),
        "milestone": null,
        "assignee": assignees.first(),
        "assignees": assignees,
        "requested_reviewers": [],
        "requested_teams": [],
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": issue.closed_at.map(stamp),
        "merged_at": pull.merged_at.map(stamp),
        "merge_commit_sha": null,
    });
    let branch_half = json!({
        "head": side(&pull.head, &head),
        "base": side(&pull.base, &base),
        "_links": {
            "self": { "href": here },
            "html": { "href": home },
            "issue": { "href": thread },
            "comments": { "href": format!("{thread}/comments") },
            "review_comments": { "href": format!("{here}/comments") },
            "review_comment": { "href": api(repo, "/pulls/comments{/number}") },
            "commits": { "href": format!("{here}/commits") },
            "statuses": { "href": statuses },
        },
        "author_association": association(repo, &issue.author),
        "auto_merge": null,
        "draft": pull.draft,
        "merged": pull.merged_at.is_some(),
        "mergeable": null,
        "rebaseable": null,
        "mergeable_state": "unknown",
        "merged_by": null,
        "comments": comments,
        "review_comments": 0,
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": ahead,
        "additions": 0,
        "deletions": 0,
        "changed_files": 0,
    });
    merged(thread_half, branch_half)
}
