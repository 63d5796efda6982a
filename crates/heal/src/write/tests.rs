//! Every kind of write, as this version and version 0.1.0 stored it.

use autoheal_prepare::Timestamp;
use autoheal_store::{GroupId, IntentId, IntentState};

use super::*;
use crate::request_bodies::AgentAssignment;

fn intent(kind: IntentKind, payload: &str) -> Intent {
    Intent {
        id: IntentId(1),
        group: None,
        kind,
        state: IntentState::Held,
        attempt: 1,
        payload: payload.to_owned(),
        outcome: None,
        planned_at: Timestamp(0),
        sent_at: Timestamp(0),
        act_at: Timestamp(0),
    }
}

/// Payloads as version 0.1.0 wrote them, and the writes they stand for.
fn stored_by_version_0_1_0() -> Vec<(&'static str, Write)> {
    let text = |text: &str| text.to_owned();
    vec![
        (
            r#"{"color":"d73a4a","description":"Something isn't working","name":"bug"}"#,
            Write::CreateLabel(NewLabel {
                name: "bug".into(),
                color: "d73a4a".into(),
                description: "Something isn't working".into(),
            }),
        ),
        (
            r#"{"count":3,"fingerprint":"000102030405060708090a0b0c0d0e0f",
                "send":{"body":"text","labels":["auto-generated","bug"],"title":"[Auto-Generated] E"}}"#,
            Write::OpenIssue {
                fingerprint: Fingerprint([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
                count: 3,
                issue: ComposedIssue {
                    title: text("[Auto-Generated] E"),
                    body: text("text"),
                    labels: vec!["auto-generated".into(), "bug".into()],
                },
                sample: SampleId::default(),
                form: TextForm::Full,
            },
        ),
        (
            r#"{"base":"main","body":{"message":"Fix","parents":["c0"],"tree":"t0"}}"#,
            Write::CreateCommit {
                commit: NewCommit { message: text("Fix"), tree: text("t0"), parents: vec![text("c0")] },
            },
        ),
        (
            r#"{"body":{"ref":"refs/heads/auto-fix/issue-1-e","sha":"c1"}}"#,
            Write::CreateBranch {
                branch: NewBranch { reference: text("refs/heads/auto-fix/issue-1-e"), sha: text("c1") },
            },
        ),
        (
            r#"{"body":{"base":"main","body":"Fixes","draft":true,"head":"b","maintainer_can_modify":true,"title":"T"}}"#,
            Write::OpenPull {
                pull: NewPull {
                    title: text("T"),
                    head: text("b"),
                    base: text("main"),
                    body: text("Fixes"),
                    draft: true,
                    maintainer_can_modify: true,
                },
            },
        ),
        (
            r#"{"body":{"body":"new"},"count":7,"number":4}"#,
            Write::UpdateCounts { number: 4, count: 7, edit: BodyText { body: text("new") } },
        ),
        (
            r#"{"body":{"base_ref":"main","create_pull_request":false,"head_ref":"b","prompt":"Fix it"}}"#,
            Write::StartTask {
                task: NewTask {
                    prompt: text("Fix it"),
                    base_ref: text("main"),
                    head_ref: text("b"),
                    create_pull_request: false,
                },
            },
        ),
        (
            r#"{"body":{"body":"@copilot"},"number":5}"#,
            Write::CommentAgent { number: 5, comment: BodyText { body: text("@copilot") } },
        ),
        (
            r#"{"body":{"agent_assignment":{"custom_instructions":"Fix"},"assignees":["a"]},"number":4}"#,
            Write::AssignAgent {
                number: 4,
                assignment: Assignment {
                    assignees: vec![text("a")],
                    agent_assignment: AgentAssignment { custom_instructions: text("Fix") },
                },
            },
        ),
        (r#"{"number":4}"#, Write::RemoveApproval { number: 4 }),
        (r#"{"number":6}"#, Write::CloseDuplicate { number: 6 }),
    ]
}

#[test]
fn writes_stored_by_version_0_1_0_are_read() {
    for (payload, write) in stored_by_version_0_1_0() {
        assert_eq!(Write::read(&intent(write.kind(), payload)).unwrap(), write, "{payload}");
    }
}

#[test]
fn a_stored_write_is_read_back_and_names_its_kind() {
    let update = Write::UpdateText {
        number: 4,
        count: 7,
        sample: SampleId(9),
        form: TextForm::Facts,
        edit: IssueEdit { title: "T".to_owned(), body: "new".to_owned() },
        has_draft: true,
        members: vec![GroupId(5)],
        links: vec![2, 3],
    };
    for write in stored_by_version_0_1_0().into_iter().map(|(_, write)| write).chain([update]) {
        let payload = write.payload();
        assert!(payload.contains(&format!(r#""kind":"{}""#, write.kind().name())), "{payload}");
        assert_eq!(Write::read(&intent(write.kind(), &payload)).unwrap(), write);
    }
}

#[test]
fn a_payload_of_another_kind_is_an_error_and_no_other_write() {
    for (payload, kind) in [
        (r#"{"number":4}"#, IntentKind::UpdateCounts),
        (r#"{"count":1,"body":{"body":"new"}}"#, IntentKind::UpdateCounts),
        (r#"{"body":{"ref":"refs/heads/x","sha":null}}"#, IntentKind::CreateBranch),
        ("null", IntentKind::CloseDuplicate),
        ("", IntentKind::OpenIssue),
    ] {
        let error = Write::read(&intent(kind, payload)).unwrap_err().to_string();
        assert!(error.starts_with("the stored write cannot be read: "), "{error}");
    }
}
