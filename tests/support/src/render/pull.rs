//! JSON of pull requests.

use serde_json::{Value, json};

use super::issue::{assignees_of, association, labels_of};
use super::{api_url, merge, node_id, page_url, repository, user};
use crate::clock::timestamp;
use crate::model::{Issue, PullRequest, Repository};

/// A pull request. Lists contain the same fields.
pub(crate) fn pull(repo: &Repository, issue: &Issue, pull: &PullRequest) -> Value {
    let number = issue.number;
    let url = api_url(repo, &format!("/pulls/{number}"));
    let issue_url = api_url(repo, &format!("/issues/{number}"));
    let html_url = page_url(repo, &format!("/pull/{number}"));
    let assignees = assignees_of(repo, issue);
    let sha = |branch: &str| repo.branch(branch).map(|commit| commit.sha.clone()).unwrap_or_default();
    let (head, base) = (sha(&pull.head), sha(&pull.base));
    let statuses = api_url(repo, &format!("/statuses/{head}"));
    let ahead = repo.history(&head).difference(&repo.history(&base)).count();
    let comments = repo.comments.iter().filter(|comment| comment.number == number).count();
    let review_comments = repo.review_comments.iter().filter(|comment| comment.pull == number).count();
    let rendered = repository(repo, &issue.author);
    let side = |branch: &str, sha: &str| {
        json!({
            "label": format!("{}:{branch}", repo.owner),
            "ref": branch,
            "sha": sha,
            "repo": rendered,
            "user": user(&repo.url, &repo.owner),
        })
    };
    let issue_part = json!({
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "number": number,
        "url": url,
        "html_url": html_url,
        "diff_url": format!("{html_url}.diff"),
        "patch_url": format!("{html_url}.patch"),
        "issue_url": issue_url,
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": api_url(repo, "/pulls/comments{/number}"),
        "comments_url": format!("{issue_url}/comments"),
        "statuses_url": statuses,
        "state": issue.state,
        "locked": issue.locked,
        "active_lock_reason": issue.lock_reason,
        "title": issue.title,
        "body": issue.body,
        "user": user(&repo.url, &issue.author),
        "labels": labels_of(repo, issue),
        "milestone": null,
        "assignee": assignees.first(),
        "assignees": assignees,
        "requested_reviewers": [],
        "requested_teams": [],
        "created_at": timestamp(issue.created_at),
        "updated_at": timestamp(issue.updated_at),
        "closed_at": issue.closed_at.map(timestamp),
        "merged_at": pull.merged_at.map(timestamp),
        "merge_commit_sha": null,
    });
    let branch_part = json!({
        "head": side(&pull.head, &head),
        "base": side(&pull.base, &base),
        "_links": {
            "self": { "href": url },
            "html": { "href": html_url },
            "issue": { "href": issue_url },
            "comments": { "href": format!("{issue_url}/comments") },
            "review_comments": { "href": format!("{url}/comments") },
            "review_comment": { "href": api_url(repo, "/pulls/comments{/number}") },
            "commits": { "href": format!("{url}/commits") },
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
        "review_comments": review_comments,
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": ahead,
        "additions": 0,
        "deletions": 0,
        "changed_files": 0,
    });
    merge(issue_part, branch_part)
}
