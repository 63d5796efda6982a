//! The plan for a first report: every step that `decide` names for it, without any request to GitHub.

use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::{Timestamp, headline};
use autoheal_store::{Approval, ClientHash, Group, GroupId, Link, Release, Sample, Status, Work};

use crate::decide::{Budget, Decision, Quiet, decide};
use crate::settings::Settings;

/// One step for a group, under the name that `autoheal explain --json` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing is sent: no switch is on.
    Preview,
    /// Waits until more distinct clients cause the same caller error.
    WaitForMoreClients,
    /// Waits for more occurrences.
    WaitForMoreOccurrences,
    /// Opens nothing, because the report is noise.
    IgnoreNoise,
    /// Opens nothing, because the program belongs to another repository.
    LeaveToOtherRepository,
    /// Opens an issue.
    OpenIssue,
    /// Opens a draft pull request.
    OpenDraftPullRequest,
    /// Waits for a person's approval.
    AwaitApproval,
    /// Hands over to the agent.
    HandOver,
}

impl Step {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::WaitForMoreClients => "wait_for_more_clients",
            Self::WaitForMoreOccurrences => "wait_for_more_occurrences",
            Self::IgnoreNoise => "ignore_noise",
            Self::LeaveToOtherRepository => "leave_to_other_repository",
            Self::OpenIssue => "open_issue",
            Self::OpenDraftPullRequest => "open_draft_pull_request",
            Self::AwaitApproval => "await_approval",
            Self::HandOver => "hand_over",
        }
    }
}

/// The steps for the first report of a group under these settings, in order, as if every write succeeded and a person
/// approved.
#[must_use]
pub fn plan(record: &Fingerprinted, settings: &Settings) -> Vec<Step> {
    let budget = Budget { issues: u64::MAX, hand_overs: u64::MAX };
    let now = record.received_at();
    let mut work = first_report(record);
    let mut steps = Vec::new();
    loop {
        // each step changes the state that led to it, so the loop ends
        match decide(&work, settings, budget, now) {
            Decision::Quiet(Quiet::Preview) => steps.push(Step::Preview),
            Decision::Quiet(Quiet::CallerError) => steps.push(Step::WaitForMoreClients),
            Decision::Quiet(Quiet::FewOccurrences) => steps.push(Step::WaitForMoreOccurrences),
            Decision::Quiet(Quiet::Noise) => steps.push(Step::IgnoreNoise),
            Decision::Quiet(Quiet::OtherRepository) => steps.push(Step::LeaveToOtherRepository),
            Decision::OpenIssue => {
                steps.push(Step::OpenIssue);
                work.group.issue = Some(Link { number: 1, url: String::new() });
                work.group.counts_written = Some((work.group.count, now));
                continue;
            }
            Decision::CreateCommit { .. } => {
                steps.push(Step::OpenDraftPullRequest);
                work.group.pull = Some(Link { number: 2, url: String::new() });
                continue;
            }
            Decision::AwaitApproval { .. } => {
                steps.push(Step::AwaitApproval);
                work.approval = Some(approval(now));
                continue;
            }
            Decision::StartTask { .. } | Decision::CommentAgent { .. } | Decision::AssignAgent { .. } => {
                steps.push(Step::HandOver);
            }
            Decision::Quiet(Quiet::IssueRefused | Quiet::UpToDate | Quiet::Shared)
            | Decision::Later(..)
            | Decision::Leave
            | Decision::LetUnnamedLeave
            | Decision::Disband
            | Decision::CreateBranch { .. }
            | Decision::OpenPull { .. }
            | Decision::UpdateText { .. }
            | Decision::UpdateCounts { .. } => {}
        }
        return steps;
    }
}

/// The state of a group after its first report.
fn first_report(record: &Fingerprinted) -> Work {
    let report = record.report();
    let (error_type, error_message) = headline(report);
    let group = Group {
        id: GroupId(0),
        fingerprint: record.fingerprint(),
        error_type: error_type.to_owned(),
        error_message: error_message.into_owned(),
        source: record.source(),
        class: report.class.clone(),
        severity: record.severity(),
        rated: record.severity(),
        raised: None,
        count: report.count.unwrap_or(1),
        known_count: if record.arrival().sender.is_known() { report.count.unwrap_or(1) } else { 0 },
        clients: 1,
        known_clients: u64::from(record.arrival().sender.is_known()),
        known: record.arrival().sender.is_known(),
        creator: ClientHash::default(),
        first_seen: record.received_at(),
        last_seen: record.received_at(),
        status: Status::Recorded,
        note: None,
        issue: None,
        text: None,
        pull: None,
        hand_over: None,
        shown_hash: None,
        revoked_label: None,
        counts_written: None,
        noise: record.noise().and(report.count.or(Some(1))).unwrap_or(0),
        noise_rule: record.noise().map(str::to_owned),
        membership: None,
        links: Vec::new(),
    };
    let releases =
        report.release.iter().map(|release| Release { release: release.clone(), count: group.count }).collect();
    Work {
        group,
        sample: Sample::of(record),
        page: None,
        releases,
        intents: vec![],
        approval: None,
        lead: None,
        members: vec![],
    }
}

fn approval(at: Timestamp) -> Approval {
    Approval { hash: String::new(), login: String::new(), labelled_at: at, revoked_at: None }
}
