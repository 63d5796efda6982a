//! `Group`: all occurrences of one failure, and the state of its issue.

use std::fmt;

use autoheal_contract::{Severity, Source};
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_prepare::{Hex, Timestamp};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::{Membership, Raise};

/// Id of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub i64);

/// Id of a sample. Zero before the sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleId(pub i64);

/// Hash of a client, salted by the store. Displays as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ClientHash(pub [u8; 8]);

impl ClientHash {
    /// Parses the 16 hexadecimal digits that [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = is_hex.then(|| u64::from_str_radix(text, 16).ok())?;
        number.map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for ClientHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(formatter)
    }
}

/// The form of an issue's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TextForm {
    /// Everything that the report holds.
    Full,
    /// Everything that the server's report holds, and the stack of the page that called the server.
    FullWithPage,
    /// Facts from closed sets and a link, without any text of the report.
    Facts,
}

impl TextForm {
    /// Name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The text that an issue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueText {
    /// The sample that it was composed from.
    pub sample: SampleId,
    /// Its form.
    pub form: TextForm,
    /// Time of its last change, by GitHub's clock; none for the text with which the issue was opened.
    pub changed_at: Option<Timestamp>,
}

/// Progress of a group, from its first report to the hand-over to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// Counted; no issue was opened (preview, or below the threshold).
    Recorded,
    /// The issue is open.
    IssueOpen,
    /// The draft pull request is open.
    PullRequestOpen,
    /// A person must approve before an agent is asked.
    AwaitingApproval,
    /// An agent was asked to work on it.
    HandedOver,
    /// An agent may have been asked: the response was lost, and the request is not repeated.
    HandOverUnknown,
    /// GitHub refused a write for good; the note holds the reason.
    Refused,
}

impl Status {
    /// Name in the database and the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// An issue or pull request on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number in the repository.
    pub number: u64,
    /// Address of its page.
    pub url: String,
}

/// A release in which a group was seen.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// Version of the program.
    pub release: String,
    /// Number of occurrences in it.
    pub count: u64,
}

/// All occurrences of one failure.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its first fingerprint. Links to the group contain this one.
    pub fingerprint: Fingerprint,
    /// Error type of its shown sample.
    pub error_type: String,
    /// Error message of its shown sample.
    pub error_message: String,
    /// Kind of sender, as its shown sample claims.
    pub source: Source,
    /// Class, as its shown sample claims.
    pub class: Option<String>,
    /// Severity: that of its shown sample, or one step more if it was raised.
    pub severity: Severity,
    /// Severity of its shown sample.
    pub rated: Severity,
    /// The reason for which its severity was raised.
    pub raised: Option<Raise>,
    /// Number of occurrences.
    pub count: u64,
    /// Number of occurrences that known senders reported.
    pub known_count: u64,
    /// Number of distinct clients that reported it.
    pub clients: u64,
    /// Number of distinct clients among the known senders.
    pub known_clients: u64,
    /// True if a known sender reported it.
    pub known: bool,
    /// Client of its first report.
    pub creator: ClientHash,
    /// Arrival of its first report.
    pub first_seen: Timestamp,
    /// Arrival of its last report.
    pub last_seen: Timestamp,
    /// Its progress.
    pub status: Status,
    /// Reason why it waits or was refused.
    pub note: Option<String>,
    /// Its issue.
    pub issue: Option<Link>,
    /// The text that its issue holds.
    pub text: Option<IssueText>,
    /// Its draft pull request.
    pub pull: Option<Link>,
    /// Description of the hand-over to the agent, for people.
    pub hand_over: Option<String>,
    /// Hash of the text that the agent would read, as last seen.
    pub shown_hash: Option<String>,
    /// Time at which the revoked approval label was set. Only a label that was set later is an approval.
    pub revoked_label: Option<Timestamp>,
    /// Count that the issue shows, and the time at which it was written.
    pub counts_written: Option<(u64, Timestamp)>,
    /// Number of occurrences that a rule recognised as noise.
    pub noise: u64,
    /// The rule that recognised the last of these occurrences.
    pub noise_rule: Option<String>,
    /// Its place in a bundle, if it shares the issue of another group.
    pub membership: Option<Membership>,
    /// Numbers of the related issues that the text of its issue names.
    pub links: Vec<u64>,
}

impl Group {
    /// True if every occurrence is noise. One that is not is enough for an issue, so that no noise hides a bug.
    #[must_use]
    pub fn is_noise(&self) -> bool {
        self.noise > 0 && self.noise >= self.count
    }

    /// Number of occurrences that count towards a threshold: those of known senders, because a stranger can claim any
    /// number of them, and can send from many addresses. At least 1, so that any failure reaches a threshold of 1.
    #[must_use]
    pub fn confirmed_count(&self) -> u64 {
        self.known_count.max(1)
    }

    /// Number of clients that count towards a threshold, in the same way.
    #[must_use]
    pub fn confirmed_clients(&self) -> u64 {
        self.known_clients.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Databases hold these names, and the API returns them.
    #[test]
    fn statuses_keep_their_names() {
        let names: Vec<&str> = Status::VARIANTS.iter().map(|status| status.name()).collect();
        let expected = "recorded issue_open pull_request_open awaiting_approval handed_over hand_over_unknown refused";
        assert_eq!(names.join(" "), expected);
        for status in Status::VARIANTS {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
