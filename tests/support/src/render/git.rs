//! JSON of commits and refs.

use serde_json::{Value, json};

use super::{api_url, page_url};
use crate::clock::timestamp;
use crate::model::{Commit, Repository};

/// A git commit object.
pub(crate) fn commit(repository: &Repository, commit: &Commit) -> Value {
    let url = |sha: &str| api_url(repository, &format!("/git/commits/{sha}"));
    let html_url = |sha: &str| page_url(repository, &format!("/commit/{sha}"));
    let person = json!({
        "name": commit.author,
        "email": format!("{}@users.noreply.example", commit.author.replace(['[', ']'], "")),
        "date": timestamp(commit.date),
    });
    let parents: Vec<Value> =
        commit.parents.iter().map(|sha| json!({ "sha": sha, "url": url(sha), "html_url": html_url(sha) })).collect();
    json!({
        "sha": commit.sha,
        "node_id": format!("C_{}", commit.sha),
        "url": url(&commit.sha),
        "html_url": html_url(&commit.sha),
        "author": person,
        "committer": person,
        "message": commit.message,
        "tree": { "sha": commit.tree, "url": api_url(repository, &format!("/git/trees/{}", commit.tree)) },
        "parents": parents,
        "verification": {
            "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null,
        },
    })
}

/// A ref and the commit it points to.
pub(crate) fn reference(repository: &Repository, name: &str, sha: &str) -> Value {
    json!({
        "ref": name,
        "node_id": format!("REF_{name}"),
        "url": api_url(repository, &format!("/git/{name}")),
        "object": { "type": "commit", "sha": sha, "url": api_url(repository, &format!("/git/commits/{sha}")) },
    })
}
