//! JSON of users.

use serde_json::{Value, json};

use super::{merge, node_id, percent_encode};
use crate::model::{COPILOT, Permission};

/// The public fields of a user or bot.
pub(crate) fn user(base_url: &str, login: &str) -> Value {
    let id = id_of(login);
    let bot = login == COPILOT || login.ends_with("[bot]");
    let url = format!("{base_url}/users/{}", percent_encode(login));
    json!({
        "login": login,
        "id": id,
        "node_id": node_id("U", id),
        "avatar_url": format!("{base_url}/avatars/{id}"),
        "gravatar_id": "",
        "url": url,
        "html_url": format!("{base_url}/{}", percent_encode(login)),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": if bot { "Bot" } else { "User" },
        "site_admin": false,
    })
}

/// A stable `id` for a login; Copilot has its real one.
pub(crate) fn id_of(login: &str) -> u64 {
    if login == COPILOT {
        return 198_982_749;
    }
    login.bytes().fold(17_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 100_000_007)
}

/// The authenticated user, as in `GET /user`.
pub(crate) fn account(base_url: &str, login: &str) -> Value {
    let private = json!({
        "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null, "bio": null,
        "public_repos": 1, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
        "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0, "collaborators": 0,
        "two_factor_authentication": true,
    });
    merge(user(base_url, login), private)
}

/// A user with a permission.
pub(crate) fn collaborator(base_url: &str, login: &str, permission: Permission) -> Value {
    let role = json!({
        "role_name": permission.role_name(),
        "permissions": {
            "admin": permission >= Permission::Admin,
            "maintain": permission >= Permission::Maintain,
            "push": permission >= Permission::Write,
            "triage": permission >= Permission::Triage,
            "pull": permission >= Permission::Read,
        },
    });
    json!({
        "permission": permission.legacy_name(),
        "role_name": permission.role_name(),
        "user": merge(user(base_url, login), role),
    })
}
