//! Agent tasks on the wire.

use serde_json::{Value, json};

use super::api;
use super::people::id_of;
use crate::clock::stamp;
use crate::model::{Repository, Task};

/// A task, without what it was asked: GitHub shows the prompt only in sessions.
pub(crate) fn task(repository: &Repository, task: &Task) -> Value {
    let mut artifacts = Vec::new();
    if let Some(pull) = task.pull.and_then(|number| repository.pulls.get(&number)) {
        artifacts.push(json!({ "provider": "github", "type": "pull", "data": { "id": pull.id } }));
        let branch = json!({ "head_ref": pull.head, "base_ref": pull.base });
        artifacts.push(json!({ "provider": "github", "type": "branch", "data": branch }));
    }
    json!({
        "id": task.id,
        "url": api(repository, "").replace("/repos/", "/agents/repos/") + "/tasks/" + &task.id,
        "html_url": format!("{}/#task-{}", repository.url, task.id),
        "name": "Agent task",
        "creator": { "id": id_of(&task.creator) },
        "creator_type": "user",
        "owner": { "id": id_of(&repository.owner) },
        "repository": { "id": 1 },
        "state": task.state,
        "session_count": 1,
        "artifacts": artifacts,
        "archived_at": null,
        "created_at": stamp(task.created_at),
        "updated_at": stamp(task.created_at),
    })
}

/// A task with its one session, which repeats the prompt.
pub(crate) fn task_with_sessions(repository: &Repository, shown: &Task) -> Value {
    let mut fields = task(repository, shown);
    fields["sessions"] = json!([{
        "id": format!("session-{}", shown.sequence),
        "state": shown.state,
        "prompt": shown.prompt,
        "created_at": stamp(shown.created_at),
    }]);
    fields
}
