//! `WorkerStatus`: whether writing to GitHub goes on, and if not, why, since when and what to do.

use autoheal_prepare::Timestamp;
use strum::{IntoStaticStr, VariantArray};
use tokio::sync::watch;

/// State of the worker, for people. The worker makes it; the service shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerStatus {
    /// What stops the writes; none while they go on.
    pub stop: Option<Stop>,
    /// Present name, `owner/name`, of a repository that was renamed since the start of the service.
    pub renamed_to: Option<String>,
}

/// A time in which nothing, or no new issue, is written to GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The cause.
    pub cause: Cause,
    /// The error message, for the operator. May contain text of GitHub's.
    pub reason: String,
    /// Beginning.
    pub since: Timestamp,
    /// Time of the next attempt; none if it depends on the operator.
    pub until: Option<Timestamp>,
}

/// Cause of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Cause {
    /// GitHub does not accept the token.
    BadCredentials,
    /// The organization requires single sign-on for the token.
    SingleSignOn,
    /// The token lacks a permission.
    MissingPermission,
    /// The account or the app behind the token is suspended.
    AccountSuspended,
    /// The organization does not allow the address of this machine.
    AddressNotAllowed,
    /// GitHub blocks access to the repository.
    RepositoryBlocked,
    /// The repository is archived.
    RepositoryArchived,
    /// The repository does not exist, or the token cannot see it.
    RepositoryNotFound,
    /// The repository has issues switched off, or is gone for good.
    RepositoryGone,
    /// GitHub redirects to another place.
    Redirected,
    /// GitHub asks to wait.
    RateLimit,
    /// GitHub does not respond, or with an error of its own.
    GithubDown,
    /// The host of the API has no address.
    NameNotFound,
    /// The certificate of the API cannot be verified.
    CertificateNotTrusted,
    /// The API does not speak TLS.
    NoTls,
    /// The response is not one of GitHub's API.
    UnexpectedResponse,
    /// GitHub refuses for another reason.
    Refused,
    /// The store cannot be written or read.
    StoreFailed,
    /// The kill-switch file exists.
    StopFile,
    /// This hour's budget of new issues is spent.
    IssueBudget,
    /// The budget of hand-overs is spent.
    HandOverBudget,
}

impl Cause {
    /// Name in the API, the metrics and the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Every cause.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::VARIANTS
    }

    /// The cause with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|cause| cause.name() == name)
    }

    /// True if nothing is written. Otherwise, only new issues or hand-overs wait.
    #[must_use]
    pub fn stops_everything(self) -> bool {
        !matches!(self, Self::IssueBudget | Self::HandOverBudget)
    }

    /// What is the case, as a sentence.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::BadCredentials => "GitHub does not accept the token.",
            Self::SingleSignOn => "The organization requires single sign-on, and the token is not authorized for it.",
            Self::MissingPermission => "The token lacks a permission on the repository.",
            Self::AccountSuspended => "The account or the app behind the token is suspended.",
            Self::AddressNotAllowed => "The organization does not allow the IP address of this machine.",
            Self::RepositoryBlocked => "GitHub blocks access to the repository.",
            Self::RepositoryArchived => "The repository is archived, so nothing can be written to it.",
            Self::RepositoryNotFound => "The repository does not exist, or the token cannot see it.",
            Self::RepositoryGone => "Issues are switched off in the repository, or it is gone for good.",
            Self::Redirected => "GitHub redirects requests to another place, and autoheal does not follow.",
            Self::RateLimit => "GitHub's rate limit is reached.",
            Self::GithubDown => "GitHub does not respond, or responds with an error of its own.",
            Self::NameNotFound => "The host name of GitHub's API has no address.",
            Self::CertificateNotTrusted => "The certificate of GitHub's API cannot be verified.",
            Self::NoTls => "The address of GitHub's API does not speak TLS.",
            Self::UnexpectedResponse => "The response is not one of GitHub's API.",
            Self::Refused => "GitHub refuses the requests.",
            Self::StoreFailed => "The store cannot be written or read.",
            Self::StopFile => "The kill-switch file exists.",
            Self::IssueBudget => "The budget of new issues for this hour is spent.",
            Self::HandOverBudget => "The budget of hand-overs is spent.",
        }
    }

    /// What to do, as a sentence.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::BadCredentials => {
                "Make a new token, set GITHUB_TOKEN (or log in with `gh auth login`), and restart autoheal serve."
            }
            Self::SingleSignOn => {
                "Authorize the token for the organization: github.com/settings/tokens, Configure SSO. No restart is needed."
            }
            Self::MissingPermission => {
                "Give the token read and write permission for issues, contents and pull requests of the repository. \
                 No restart is needed, unless the token itself changes."
            }
            Self::AccountSuspended => {
                "Ask GitHub's support or the administrator why, or set GITHUB_TOKEN to the token of another account and \
                 restart."
            }
            Self::AddressNotAllowed => {
                "Add the address of this machine to the IP allow list in the settings of the organization. No restart is \
                 needed."
            }
            Self::RepositoryBlocked => {
                "Open the repository on GitHub to read why, or set AUTOHEAL_REPO to another one and restart."
            }
            Self::RepositoryArchived => "Unarchive the repository, or set AUTOHEAL_REPO to another one and restart.",
            Self::RepositoryNotFound => {
                "Check the name in AUTOHEAL_REPO, and that the token has access to the repository."
            }
            Self::RepositoryGone => {
                "Switch issues on in the settings of the repository, or set AUTOHEAL_REPO to another one and restart."
            }
            Self::Redirected => "Check AUTOHEAL_GITHUB_URL and AUTOHEAL_REPO. The token is not sent to other hosts.",
            Self::RateLimit => {
                "Nothing needs to be done: autoheal goes on when the limit is over. If it happens often, give autoheal a \
                 token of its own."
            }
            Self::GithubDown => {
                "Nothing needs to be done if GitHub is down (githubstatus.com): autoheal goes on when it responds. \
                 Otherwise check the network of this machine and AUTOHEAL_GITHUB_URL."
            }
            Self::NameNotFound => "Check the host name in AUTOHEAL_GITHUB_URL, and the DNS of this machine.",
            Self::CertificateNotTrusted => {
                "Add the certificate authority of the server to those of this machine (or set SSL_CERT_FILE), check the \
                 clock of this machine, and check AUTOHEAL_GITHUB_URL."
            }
            Self::NoTls => {
                "Check the port in AUTOHEAL_GITHUB_URL. Use http:// only for a server on this machine, because the token \
                 is sent unencrypted."
            }
            Self::UnexpectedResponse => {
                "Check that AUTOHEAL_GITHUB_URL is the URL of the API (https://HOST/api/v3 for GitHub Enterprise), and that \
                 no proxy responds instead."
            }
            Self::Refused => "Read the reason. autoheal tries again by itself.",
            Self::StoreFailed => {
                "Read the reason and the log of autoheal serve. Make space if the disk is full; otherwise restart, and put back \
                 a copy made by `autoheal backup` if that does not help."
            }
            Self::StopFile => "Delete the file when autoheal may write to GitHub again.",
            Self::IssueBudget => {
                "Nothing needs to be done: the next issues are opened within the hour. AUTOHEAL_ISSUES_PER_HOUR raises the \
                 budget."
            }
            Self::HandOverBudget => {
                "Nothing needs to be done: the next hand-over follows when the budget allows it. \
                 AUTOHEAL_HAND_OVERS_PER_DAY and AUTOHEAL_OPEN_HAND_OVERS raise it."
            }
        }
    }
}

/// The worker's side of the status. Logs one line when writing stops, and one when it goes on again.
#[derive(Debug, Default)]
pub(crate) struct StatusSender {
    sender: watch::Sender<WorkerStatus>,
    /// Causes that were logged since writing stopped, so that a repeated failure is logged once.
    logged: Vec<Cause>,
}

impl StatusSender {
    pub(crate) fn subscribe(&self) -> watch::Receiver<WorkerStatus> {
        self.sender.subscribe()
    }

    /// Publishes what stops the writes now. Keeps the beginning of a stop with the same cause.
    pub(crate) fn set(&mut self, mut stop: Option<Stop>, renamed_to: Option<String>) {
        let before = self.sender.borrow().clone();
        if let (Some(stop), Some(before)) = (&mut stop, &before.stop)
            && stop.cause == before.cause
        {
            stop.since = stop.since.min(before.since);
        }
        match &stop {
            Some(stop) if !self.logged.contains(&stop.cause) => {
                self.logged.push(stop.cause);
                let (cause, advice) = (stop.cause.name(), stop.cause.advice());
                let what =
                    if stop.cause.stops_everything() { "writing to GitHub" } else { "part of the writing to GitHub" };
                tracing::warn!(cause, reason = stop.reason, since = %stop.since, advice, "worker: {what} has stopped");
            }
            Some(_) => {}
            None if self.logged.is_empty() => {}
            None => {
                self.logged.clear();
                tracing::info!("worker: writing to GitHub goes on again");
            }
        }
        let status = WorkerStatus { stop, renamed_to };
        self.sender.send_if_modified(|published| {
            let is_new = *published != status;
            *published = status;
            is_new
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_found_by_its_name_and_has_a_sentence_and_advice_of_its_own() {
        let mut texts = std::collections::BTreeSet::new();
        for cause in Cause::VARIANTS {
            assert_eq!(Cause::parse(cause.name()), Some(*cause));
            for text in [cause.summary(), cause.advice()] {
                assert!(text.ends_with('.') && texts.insert(text), "{text}");
            }
        }
        assert_eq!(Cause::SingleSignOn.name(), "single_sign_on");
    }

    #[test]
    fn a_stop_keeps_its_beginning_while_its_cause_stays() {
        let mut sender = StatusSender::default();
        let receiver = sender.subscribe();
        let stop = |cause, since| Some(Stop { cause, reason: String::new(), since: Timestamp(since), until: None });
        let since = || receiver.borrow().stop.as_ref().map(|stop| stop.since.0);
        sender.set(stop(Cause::GithubDown, 5), None);
        sender.set(stop(Cause::GithubDown, 9), None);
        assert_eq!(since(), Some(5));
        sender.set(stop(Cause::BadCredentials, 12), None);
        assert_eq!(since(), Some(12));
        sender.set(None, None);
        assert_eq!(since(), None);
    }
}
