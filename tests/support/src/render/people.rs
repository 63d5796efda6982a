//! People on the wire.

use serde_json::{Value, json};

use super::{merged, node_id, percent_encode};
use crate::model::{COPILOT, Permission};

/// A person's or bot's public half.
pub(crate) fn user(url: &str, login: &str) -> Value {
    let id = id_of(login);
    let bot = login == COPILOT || login.ends_with("[bot]");
    let api = format!("{url}/users/{}", percent_encode(login));
    json!({
        "login": login,
        "id": id,
        "node_id": node_id("U", id),
        "avatar_url": format!("{url}/avatars/{id}"),
        "gravatar_id": "",
        "url": api,
        "html_url": format!("{url}/{}", percent_encode(login)),
        "followers_url": format!("{api}/followers"),
        "following_url": format!("{api}/following{{/other_user}}"),
        "gists_url": format!("{api}/gists{{/gist_id}}"),
        "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{api}/subscriptions"),
        "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"),
        "type": if bot { "Bot" } else { "User" },
        "site_admin": false,
    })
}

/// A stable number for a login; Copilot's is its real one.
pub(crate) fn id_of(login: &str) -> u64 {
    if login == COPILOT {
        return 198_982_749;
    }
    login.bytes().fold(17_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 100_000_007)
}

/// The account behind a token, as `GET /user` shows it.
pub(crate) fn account(url: &str, login: &str) -> Value {
    let private = json!({
        "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null, "bio": null,
        "public_repos": 1, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
        "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0, "collaborators": 0,
        "two_factor_authentication": true,
    });
    merged(user(url, login), private)
}

/// A person with what they may do.
pub(crate) fn collaborator(url: &str, login: &str, permission: Permission) -> Value {
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
        "user": merged(user(url, login), role),
    })
}
