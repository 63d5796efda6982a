//! Every decision, from the state that leads to it.

use autoheal_contract::{ErrorReport, Severity, Source};

use super::*;
use crate::settings::{CallerErrors, IssueTextPolicy, Repository, Switches, Trust};
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_prepare::validate::Sender;
use autoheal_store::{Approval, ClientHash, Group, GroupId, IntentId, IssueText, Link, Sample, SampleId};

const NOW: Timestamp = Timestamp(1_000_000_000);
const PLENTY: Budget = Budget { issues: 10, hand_overs: 10 };

#[test]
fn a_member_whose_lead_was_deleted_leaves() {
    let mut work = with_issue();
    let kind = autoheal_store::BundleKind::Related;
    work.group.membership = Some(Membership { lead: GroupId(9), kind, known: true, named: true });
    check(&work, &settings(true, false, false), &Decision::Leave);
}

/// A new group with one report from a browser.
fn reported_once() -> Work {
    let group = Group {
        id: GroupId(1),
        fingerprint: Fingerprint([1; 16]),
        error_type: "TypeError".to_owned(),
        error_message: "x".to_owned(),
        source: Source::JavascriptSdk,
        class: None,
        severity: Severity::Medium,
        rated: Severity::Medium,
        raised: None,
        count: 1,
        known_count: 0,
        clients: 1,
        known_clients: 0,
        known: false,
        creator: ClientHash::default(),
        first_seen: NOW,
        last_seen: NOW,
        status: Status::Recorded,
        note: None,
        issue: None,
        text: None,
        pull: None,
        hand_over: None,
        shown_hash: None,
        revoked_label: None,
        counts_written: None,
        noise: 0,
        noise_rule: None,
        membership: None,
        links: vec![],
    };
    let sample = Sample {
        id: SampleId(1),
        client: None,
        report: ErrorReport::default(),
        frames: vec![],
        mapped: false,
        code: Vec::new(),
        normalised_message: String::new(),
        parts: vec![],
        marks: vec![],
        sender: Sender::Anonymous,
        received_at: NOW,
    };
    Work { group, sample, page: None, releases: vec![], intents: vec![], approval: None, lead: None, members: vec![] }
}

#[test]
fn noise_opens_no_issue_until_one_report_is_none() {
    let mut work = reported_once();
    (work.group.count, work.group.noise, work.group.noise_rule) = (12, 12, Some("crawler".to_owned()));
    check(&work, &settings(true, false, false), &Decision::Quiet(Quiet::Noise));
    work.group.count += 1;
    check(&work, &settings(true, false, false), &Decision::OpenIssue);
}

fn with_issue() -> Work {
    let mut work = reported_once();
    work.group.issue = Some(Link { number: 1, url: String::new() });
    work.group.counts_written = Some((1, NOW));
    work
}

fn with_draft() -> Work {
    let mut work = with_issue();
    work.group.pull = Some(Link { number: 2, url: String::new() });
    work
}

fn approved(mut work: Work) -> Work {
    work.approval = Some(Approval { hash: String::new(), login: "ada".to_owned(), labelled_at: NOW, revoked_at: None });
    work
}

fn after(mut work: Work, kind: IntentKind, state: IntentState) -> Work {
    work.intents.push(Intent {
        id: IntentId(1),
        group: Some(GroupId(1)),
        kind,
        state,
        attempt: 1,
        payload: String::new(),
        outcome: (kind == IntentKind::CreateCommit).then(|| r#"{"sha":"c1"}"#.to_owned()),
        planned_at: NOW,
        sent_at: NOW,
        act_at: NOW,
    });
    work
}

fn settings(issue: bool, pull: bool, heal: bool) -> Settings {
    let repository = Repository::parse("acme/shop").unwrap();
    Settings::new(Switches { issue, pull, heal }, repository)
}

#[track_caller]
fn check(work: &Work, settings: &Settings, expected: &Decision) {
    assert_eq!(decide(work, settings, PLENTY, NOW), *expected);
}

#[test]
fn a_new_group_becomes_an_issue_or_stays_a_preview() {
    check(&reported_once(), &settings(true, false, false), &Decision::OpenIssue);
    // A draft and a hand-over belong to an issue.
    check(&reported_once(), &settings(false, true, false), &Decision::OpenIssue);
    check(&reported_once(), &settings(false, false, true), &Decision::OpenIssue);
    check(&reported_once(), &settings(false, false, false), &Decision::Quiet(Quiet::Preview));
    let more = Settings { min_occurrences: 2, ..settings(true, false, false) };
    assert!(matches!(decide(&reported_once(), &more, PLENTY, NOW), Decision::Quiet(_)));
    let mut reported = reported_once();
    (reported.group.count, reported.group.clients) = (1_000_000, 1_000);
    check(&reported, &more, &Decision::Quiet(Quiet::FewOccurrences));
    reported.group.known_count = 2;
    check(&reported, &more, &Decision::OpenIssue);
    let spent = Budget { issues: 0, ..PLENTY };
    assert!(matches!(decide(&reported_once(), &settings(true, true, true), spent, NOW), Decision::Later(..)));
}

/// A group of caller errors, caused by so many clients.
fn caller_error(clients: u64) -> Work {
    let mut work = reported_once();
    work.group.source = Source::McpTool;
    work.group.count = 100;
    (work.group.clients, work.group.known_clients) = (clients, clients);
    work.sample.report.class = Some("caller_error".to_owned());
    work
}

#[test]
fn a_caller_error_opens_no_issue_until_several_clients_caused_it() {
    for switches in [(true, false, false), (true, true, true), (false, false, true)] {
        let default = settings(switches.0, switches.1, switches.2);
        for clients in [0, 1, 2] {
            let decision = decide(&caller_error(clients), &default, PLENTY, NOW);
            assert_eq!(decision, Decision::Quiet(Quiet::CallerError), "{clients} clients");
        }
        check(&caller_error(3), &default, &Decision::OpenIssue);
    }
    let mut of_strangers = caller_error(2);
    of_strangers.group.clients = 1_000;
    check(&of_strangers, &settings(true, false, false), &Decision::Quiet(Quiet::CallerError));
    let five = CallerErrors { clients: 5, ..CallerErrors::default() };
    let five_clients = Settings { caller_errors: five, ..settings(true, false, false) };
    assert!(matches!(decide(&caller_error(4), &five_clients, PLENTY, NOW), Decision::Quiet(_)));
    check(&caller_error(5), &five_clients, &Decision::OpenIssue);
}

#[test]
fn the_operator_may_let_caller_errors_open_issues() {
    let open = CallerErrors { open: true, ..CallerErrors::default() };
    check(&caller_error(0), &Settings { caller_errors: open, ..settings(true, false, false) }, &Decision::OpenIssue);
    // The setting is no switch, so alone it sends nothing.
    let preview = Settings { caller_errors: open, ..settings(false, false, false) };
    check(&caller_error(9), &preview, &Decision::Quiet(Quiet::Preview));
    // A claimed class holds back no other source.
    let mut claimed = caller_error(0);
    claimed.group.source = Source::JavascriptSdk;
    check(&claimed, &settings(true, false, false), &Decision::OpenIssue);
    // Other classes are not held back.
    let mut failure = caller_error(0);
    failure.sample.report.class = Some("tool_failure".to_owned());
    check(&failure, &settings(true, false, false), &Decision::OpenIssue);
}

#[test]
fn the_draft_is_made_step_by_step_before_any_hand_over() {
    let all = settings(true, true, true);
    check(&with_issue(), &all, &Decision::CreateCommit { issue: 1 });
    let committed = after(with_issue(), IntentKind::CreateCommit, IntentState::Done);
    check(&committed, &all, &Decision::CreateBranch { issue: 1, commit: "c1".to_owned() });
    let branched = after(committed, IntentKind::CreateBranch, IntentState::Done);
    check(&branched, &all, &Decision::OpenPull { issue: 1 });
    check(&with_draft(), &all, &Decision::AwaitApproval { issue: 1 });
}

#[test]
fn strangers_wait_and_the_operators_own_commands_do_not() {
    let trust = Trust { run: true, ..Trust::default() };
    let all = Settings { trust, ..settings(true, true, true) };
    check(&with_draft(), &all, &Decision::AwaitApproval { issue: 1 });
    check(&approved(with_draft()), &all, &Decision::StartTask { issue: 1, draft: 2 });
    let mut own = with_draft();
    own.group.source = Source::Cli;
    check(&own, &all, &Decision::AwaitApproval { issue: 1 });
    own.sample.sender = Sender::Keyed;
    check(&own, &all, &Decision::StartTask { issue: 1, draft: 2 });
}

#[test]
fn the_agent_is_asked_once_by_the_first_open_route() {
    let all = settings(true, true, true);
    let no_tasks = after(approved(with_draft()), IntentKind::StartTask, IntentState::Refused);
    check(&no_tasks, &all, &Decision::CommentAgent { issue: 1, draft: 2 });
    check(&approved(with_issue()), &settings(true, false, true), &Decision::AssignAgent { issue: 1 });
    let no_drafts = after(approved(with_issue()), IntentKind::OpenPull, IntentState::Refused);
    check(&no_drafts, &all, &Decision::AssignAgent { issue: 1 });
    for state in [IntentState::Done, IntentState::Unknown] {
        let asked = after(approved(with_draft()), IntentKind::StartTask, state);
        check(&asked, &all, &Decision::Quiet(Quiet::UpToDate));
    }
    let spent = Budget { hand_overs: 0, ..PLENTY };
    assert!(matches!(decide(&approved(with_draft()), &all, spent, NOW), Decision::Later(..)));
}

#[test]
fn while_a_write_is_not_settled_nothing_else_is_decided() {
    for state in [IntentState::Sent, IntentState::Held, IntentState::Recheck] {
        let pending = after(with_issue(), IntentKind::OpenIssue, state);
        assert!(matches!(decide(&pending, &settings(true, true, true), PLENTY, NOW), Decision::Later(..)));
    }
}

#[test]
fn counts_are_written_once_an_interval_also_while_the_group_waits() {
    let mut work = with_issue();
    work.group.count = 5;
    let issue_only = settings(true, false, false);
    check(
        &work,
        &issue_only,
        &Decision::Later(NOW.plus(issue_only.bundle_interval), "counts are written once per interval"),
    );
    work.group.counts_written = Some((1, NOW.minus(issue_only.bundle_interval)));
    check(&work, &issue_only, &Decision::UpdateCounts { issue: 1 });
    work.group.status = Status::AwaitingApproval;
    work.group.shown_hash = Some(String::new());
    check(&work, &settings(true, false, true), &Decision::UpdateCounts { issue: 1 });
}

/// A group of a server's failure that a page has reported too, with an issue of this form.
fn of_both_ends(shown: Option<TextForm>) -> Work {
    let mut work = with_issue();
    work.group.source = Source::McpTool;
    work.sample.report.source = Some(Source::McpTool);
    work.page = Some(work.sample.clone());
    work.group.text = shown.map(|form| IssueText { sample: work.sample.id, form, changed_at: None });
    work
}

#[test]
fn the_stack_of_a_page_joins_the_text_before_an_approval_only() {
    let settings = settings(true, true, true);
    for (shown, is_approved, expected) in [
        (None, false, TextForm::FullWithPage),
        (Some(TextForm::Full), false, TextForm::FullWithPage),
        (Some(TextForm::Full), true, TextForm::Full),
        (Some(TextForm::FullWithPage), true, TextForm::FullWithPage),
    ] {
        let mut work = of_both_ends(shown);
        if is_approved {
            work = approved(work);
        }
        assert_eq!(text_form(&work, &settings), expected, "{shown:?}, approved: {is_approved}");
    }
    for shown in [TextForm::Full, TextForm::FullWithPage] {
        let mut work = of_both_ends(Some(shown));
        work.group.status = Status::AwaitingApproval;
        assert_eq!(text_form(&work, &settings), shown, "a group that waits for an approval keeps its text");
    }
    let after_approval = Settings { issue_text: IssueTextPolicy::AfterApproval, ..settings };
    assert_eq!(text_form(&of_both_ends(None), &after_approval), TextForm::Facts);
    assert_eq!(text_form(&approved(of_both_ends(Some(TextForm::Facts))), &after_approval), TextForm::Full);
}

#[test]
fn the_stack_of_a_page_never_joins_a_text_that_needs_no_approval() {
    let settings = Settings { trust: Trust { mcp: true, ..Trust::default() }, ..settings(true, true, true) };
    for shown in [None, Some(TextForm::Full), Some(TextForm::FullWithPage)] {
        let mut work = of_both_ends(shown);
        work.sample.sender = Sender::Keyed;
        assert_eq!(text_form(&work, &settings), TextForm::Full, "{shown:?}");
    }
}
