//! JSON of reviews and of their comments on lines.

use serde_json::{Value, json};

use super::issue::association;
use super::{api_url, node_id, thread_url, user};
use crate::clock::timestamp;
use crate::model::{Repository, Review, ReviewComment, ReviewState};

/// A review. A pending review has no `submitted_at`.
pub(crate) fn review(repository: &Repository, review: &Review) -> Value {
    let html_url = format!("{}#pullrequestreview-{}", thread_url(repository, review.pull), review.id);
    let pull_url = api_url(repository, &format!("/pulls/{}", review.pull));
    let mut fields = json!({
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": user(&repository.url, &review.author),
        "body": review.body,
        "state": review.state.name(),
        "html_url": html_url,
        "pull_request_url": pull_url,
        "author_association": association(repository, &review.author),
        "_links": { "html": { "href": html_url }, "pull_request": { "href": pull_url } },
        "commit_id": review.commit,
    });
    if review.state != ReviewState::Pending {
        fields["submitted_at"] = json!(timestamp(review.submitted_at));
    }
    fields
}

/// A comment on a line. The place is always the same, because commits of the stand-in have no contents.
pub(crate) fn review_comment(repository: &Repository, comment: &ReviewComment) -> Value {
    let url = api_url(repository, &format!("/pulls/comments/{}", comment.id));
    let html_url = format!("{}#discussion_r{}", thread_url(repository, comment.pull), comment.id);
    let pull_url = api_url(repository, &format!("/pulls/{}", comment.pull));
    json!({
        "url": url,
        "pull_request_review_id": comment.review,
        "id": comment.id,
        "node_id": node_id("PRRC", comment.id),
        "diff_hunk": "@@ -1 +1 @@",
        "path": "README.md",
        "position": 1,
        "original_position": 1,
        "commit_id": comment.commit,
        "original_commit_id": comment.commit,
        "user": user(&repository.url, &comment.author),
        "body": comment.body,
        "created_at": timestamp(comment.created_at),
        "updated_at": timestamp(comment.updated_at),
        "html_url": html_url,
        "pull_request_url": pull_url,
        "author_association": association(repository, &comment.author),
        "_links": {
            "self": { "href": url },
            "html": { "href": html_url },
            "pull_request": { "href": pull_url },
        },
        "start_line": null,
        "original_start_line": null,
        "start_side": null,
        "line": 1,
        "original_line": 1,
        "side": "RIGHT",
        "subject_type": "line",
    })
}
