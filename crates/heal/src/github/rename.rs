//! Follows a renamed repository: GitHub redirects from its old name to its id.

use std::sync::PoisonError;

use http::Uri;
use serde::Deserialize;

use super::{Github, GithubError, GithubResult, Response};
use crate::settings::Repository;

/// The fields of a repository that are read.
#[derive(Debug, Deserialize)]
struct FullName {
    full_name: String,
}

/// The id of a repository, which stays when it is renamed.
#[derive(Debug, Deserialize)]
struct Id {
    id: u64,
}

impl Github {
    /// The path of a request under the new name of the repository, if its response redirects there. None if there is
    /// nothing to follow.
    ///
    /// A transferred issue redirects in the same way. So the new name counts only if the repository itself redirects.
    pub(super) async fn path_after_rename(&self, path: &str, response: &Response) -> GithubResult<Option<String>> {
        let before = self.repository();
        if self.redirect(response).is_none() || !is_within(path, &before) {
            return Ok(None);
        }
        let repository = self.request("GET", &format!("/repos/{}", before.full_name()), None::<&()>).await?;
        let Some(id) = self.redirect(&repository) else { return Ok(None) };
        // The path is made from the id alone, so that the token is sent to no other place.
        let found = self.request("GET", &format!("/repositories/{id}"), None::<&()>).await?;
        let is_read = (200..300).contains(&found.status);
        let name = serde_json::from_str::<FullName>(&found.text).ok().filter(|_| is_read);
        let Some(after) = name.and_then(|found| Repository::parse(&found.full_name)) else { return Ok(None) };
        let after = Repository { host: before.host.clone(), ..after };
        if after == before {
            return Ok(None);
        }
        let advice = format!("set AUTOHEAL_REPO={}", after.full_name());
        tracing::warn!(from = before.full_name(), to = after.full_name(), advice, "github: the repository was renamed");
        let path = path.replacen(&before.full_name(), &after.full_name(), 1);
        *self.repository.lock().unwrap_or_else(PoisonError::into_inner) = after;
        Ok(Some(path))
    }

    /// The id of the repository that has, or had, this name; none if it does not exist or cannot be seen.
    pub(crate) async fn repository_id(&self, repository: &Repository) -> GithubResult<Option<u64>> {
        let path = format!("/repos/{}", repository.full_name());
        let response = self.request("GET", &path, None::<&()>).await?;
        if let Some(id) = self.redirect(&response) {
            return Ok(Some(id));
        }
        match self.result::<Id>("GET", &path, response) {
            Ok((found, _)) => Ok(Some(found.id)),
            Err(GithubError::Refused { status, .. }) if status != 401 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The id of the repository that a response redirects to, if it is at the same API.
    fn redirect(&self, response: &Response) -> Option<u64> {
        if !matches!(response.status, 301 | 307 | 308) {
            return None;
        }
        let location: Uri = response.headers.get("location")?.to_str().ok()?.parse().ok()?;
        let same_place = (location.scheme(), location.authority()) == (self.api_url.scheme(), self.api_url.authority());
        if location.authority().is_some() && !same_place {
            return None;
        }
        let path = location.path().strip_prefix(self.api_url.path().trim_end_matches('/'))?;
        path.strip_prefix("/repositories/")?.split('/').next()?.parse().ok()
    }
}

/// True if the path belongs to this repository.
fn is_within(path: &str, repository: &Repository) -> bool {
    let rest = path.strip_prefix("/agents").unwrap_or(path).strip_prefix("/repos/");
    let rest = rest.and_then(|rest| rest.strip_prefix(&repository.full_name()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}
