//! JSON of agent tasks.

use serde_json::{Value, json};

use super::api_url;
use super::user::id_of;
use crate::clock::timestamp;
use crate::model::{Repository, Task};

/// A task without its prompt, which GitHub returns only in sessions.
pub(crate) fn task(repository: &Repository, task: &Task) -> Value {
    let mut artifacts = Vec::new();
    if let Some(pull) = task.pull.and_then(|number| repository.pulls.get(&number)) {
        artifacts.push(json!({ "provider": "github", "type": "pull", "data": { "id": pull.id } }));
        let branch = json!({ "head_ref": pull.head, "base_ref": pull.base });
        artifacts.push(json!({ "provider": "github", "type": "branch", "data": branch }));
    }
    json!({
        "id": task.id,
        "url": api_url(repository, "").replace("/repos/", "/agents/repos/") + "/tasks/" + &task.id,
        "html_url": format!("{}/#task-{}", repository.url, task.id),
        "name": "Agent task",
        "creator": { "id": id_of(&task.creator) },
        "creator_type": "user",
        "owner": { "id": id_of(&repository.owner) },
        "repository": { "id": repository.id },
        "state": task.state,
        "session_count": 1,
        "artifacts": artifacts,
        "archived_at": null,
        "created_at": timestamp(task.created_at),
        "updated_at": timestamp(task.created_at),
    })
}

/// A task with its session, which contains the prompt.
pub(crate) fn task_with_sessions(repository: &Repository, started: &Task) -> Value {
    let mut fields = task(repository, started);
    fields["sessions"] = json!([{
        "id": format!("session-{}", started.sequence),
        "state": started.state,
        "prompt": started.prompt,
        "created_at": timestamp(started.created_at),
    }]);
    fields
}
