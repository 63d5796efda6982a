//! Commits and refs on the wire.

use serde_json::{Value, json};

use super::{api, page};
use crate::clock::stamp;
use crate::model::{Commit, Repository};

/// A git commit object.
pub(crate) fn commit(repository: &Repository, commit: &Commit) -> Value {
    let address = |sha: &str| api(repository, &format!("/git/commits/{sha}"));
    let home = |sha: &str| page(repository, &format!("/commit/{sha}"));
    let person = json!({
        "name": commit.author,
        "email": format!("{}@users.noreply.example", commit.author.replace(['[', ']'], "")),
        "date": stamp(commit.date),
    });
    let parents: Vec<Value> =
        commit.parents.iter().map(|sha| json!({ "sha": sha, "url": address(sha), "html_url": home(sha) })).collect();
    json!({
        "sha": commit.sha,
        "node_id": format!("C_{}", commit.sha),
        "url": address(&commit.sha),
        "html_url": home(&commit.sha),
        "author": person,
        "committer": person,
        "message": commit.message,
        "tree": { "sha": commit.tree, "url": api(repository, &format!("/git/trees/{}", commit.tree)) },
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
        "url": api(repository, &format!("/git/{name}")),
        "object": { "type": "commit", "sha": sha, "url": api(repository, &format!("/git/commits/{sha}")) },
    })
}
