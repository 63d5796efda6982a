//! Times in which writing to GitHub stops: shown with cause and beginning, never longer than an hour without an attempt.

use std::time::Duration;

use autoheal_heal::settings::{Repository, Settings, Switches};
use autoheal_heal::status::Cause;
use autoheal_prepare::Timestamp;
use autoheal_store::Pause;
use autoheal_test_support::{Failure, Fault, Operation, Outage, StandIn};
use serde_json::json;

use crate::harness::{ALL, Harness, START};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const ISSUES: Switches = Switches { issue: true, pull: false, heal: false };

fn start() -> Timestamp {
    Timestamp::parse(START).unwrap()
}

fn response(status: u16, message: &str) -> Failure {
    Failure::Response { status, body: json!({ "message": message }) }
}

fn issue_posts(harness: &Harness) -> usize {
    harness.github.writes().iter().filter(|write| write.path.ends_with("/issues")).count()
}

#[tokio::test]
async fn every_stop_is_shown_with_its_cause_and_beginning_until_writing_goes_on() {
    let saml = "Resource protected by organization SAML enforcement.";
    let elsewhere = Failure::Redirect { status: 307, location: "https://elsewhere.example/repositories/1".into() };
    for (failure, cause) in [
        (Failure::bad_credentials(), Cause::BadCredentials),
        (response(403, saml), Cause::SingleSignOn),
        (Failure::forbidden(), Cause::MissingPermission),
        (response(403, "Repository was archived so is read-only."), Cause::RepositoryArchived),
        (response(404, "Not Found"), Cause::RepositoryNotFound),
        (response(403, "Sorry. Your account was suspended."), Cause::AccountSuspended),
        (response(451, "Repository access blocked"), Cause::RepositoryBlocked),
        (Failure::Response { status: 403, body: json!("<html>") }, Cause::UnexpectedResponse),
        (response(407, "Proxy Authentication Required"), Cause::UnexpectedResponse),
        (Failure::gone(), Cause::RepositoryGone),
        (elsewhere, Cause::Redirected),
        (Failure::RetryAfter { seconds: 90 }, Cause::RateLimit),
        (Failure::submitted_too_quickly(), Cause::RateLimit),
        (response(403, "You have triggered an abuse detection mechanism."), Cause::RateLimit),
        (Failure::BadGatewayBefore, Cause::GithubDown),
        (Failure::CutBefore, Cause::GithubDown),
        (Failure::GarbledAfter, Cause::UnexpectedResponse),
    ] {
        println!("{cause:?}");
        let mut harness = Harness::start(ISSUES).await;
        harness.work_for(MINUTE).await;
        assert_eq!(harness.stop(), None);
        harness.github.inject(Fault::on(Operation::CreateIssue, failure).times(2));
        harness.report("price is undefined").await;
        harness.work_for(Duration::from_secs(3)).await;
        let since = start().plus(MINUTE);
        let stop = harness.stop().unwrap();
        assert_eq!((stop.cause, stop.since), (cause, since), "{}", stop.reason);
        assert!(stop.until.is_some_and(|until| until > harness.clock.now()));
        harness.crash().await;
        harness.work_for(Duration::from_secs(1)).await;
        // the write of a response that could not be read is found at once
        let shown = harness.stop().map(|stop| (stop.cause, stop.since));
        let expected = harness.github.issues().is_empty().then_some((cause, since));
        assert_eq!(shown, expected, "it is still known after a restart");
        harness.work_for(20 * MINUTE).await;
        assert_eq!(harness.stop(), None);
        assert_eq!(harness.github.issues().len(), 1);
    }
}

#[tokio::test]
async fn after_a_restart_only_a_pause_that_github_asked_for_goes_on() {
    // a write whose response was lost is searched for until lists have caught up
    let (at_once, after_search, as_asked) = (Some(15), Some(150), None);
    for (failure, seconds) in [
        (Failure::bad_credentials(), at_once),
        (Failure::forbidden(), at_once),
        (Failure::gone(), at_once),
        (Failure::BadGatewayBefore, after_search),
        (Failure::CutBefore, after_search),
        (Failure::RetryAfter { seconds: 1800 }, as_asked),
        (Failure::LimitExhausted { reset_in_seconds: 1800 }, as_asked),
    ] {
        println!("{failure:?}");
        let mut harness = Harness::start(ISSUES).await;
        harness.work_for(MINUTE).await;
        harness.github.inject(Fault::on(Operation::CreateIssue, failure).forever());
        harness.report("price is undefined").await;
        // long enough that autoheal waits five minutes between two attempts
        harness.work_for(28 * MINUTE).await;
        let since = start().plus(MINUTE);
        assert_eq!(harness.stop().unwrap().since, since);
        harness.github.clear_faults().await;
        harness.crash().await;
        harness.work_for(Duration::from_millis(1)).await;
        if let Some(seconds) = seconds {
            harness.work_for(Duration::from_secs(seconds)).await;
        } else {
            assert_eq!(harness.stop().unwrap().since, since, "it is shown after the restart, too");
            harness.work_for(MINUTE).await;
            assert!(harness.github.issues().is_empty(), "GitHub asked for this wait");
            harness.work_for(5 * MINUTE).await;
        }
        assert_eq!((harness.github.issues().len(), harness.stop()), (1, None));
    }
}

#[tokio::test]
async fn after_a_restart_a_stop_is_shown_until_a_write_succeeds() {
    let mut harness = Harness::start(ISSUES).await;
    harness.work_for(MINUTE).await;
    harness.github.inject(Fault::on(Operation::CreateIssue, Failure::bad_credentials()).forever());
    harness.report("price is undefined").await;
    harness.work_for(30 * MINUTE).await;
    let (since, tries) = (start().plus(MINUTE), issue_posts(&harness));
    for restart in 1..=3 {
        harness.crash().await;
        harness.work_for(Duration::from_secs(1)).await;
        assert_eq!(issue_posts(&harness), tries + restart, "one attempt after each start");
        let stop = harness.stop().unwrap();
        assert_eq!((stop.cause, stop.since), (Cause::BadCredentials, since));
        assert!(stop.until.is_some_and(|until| until > harness.clock.now().plus(4 * MINUTE)), "the wait stays long");
    }
}

#[tokio::test]
async fn a_stop_of_reading_ends_with_a_read_after_a_restart() {
    let mut harness = Harness::start(ISSUES).await;
    harness.github.inject(Fault::on(Operation::Any, Failure::bad_credentials()).forever());
    harness.work_for(30 * MINUTE).await;
    assert_eq!(harness.stop().unwrap().cause, Cause::BadCredentials);
    harness.github.clear_faults().await;
    harness.crash().await;
    harness.work_for(Duration::from_secs(2)).await;
    assert_eq!(harness.stop(), None, "nothing waits to be written");
}

#[tokio::test]
async fn the_stop_file_and_spent_budgets_are_shown() {
    let directory = tempfile::tempdir().unwrap();
    let stop_file = Some(directory.path().join("stop"));
    let repository = Repository::parse("acme/shop").unwrap();
    let settings = Settings { stop_file, issues_per_hour: 1, ..Settings::new(ISSUES, repository) };
    let mut harness = Harness::start_with(settings).await;
    std::fs::write(directory.path().join("stop"), "").unwrap();
    harness.work_for(MINUTE).await;
    assert_eq!(harness.stop().unwrap().cause, Cause::StopFile);
    std::fs::remove_file(directory.path().join("stop")).unwrap();
    harness.work_for(MINUTE).await;
    assert_eq!(harness.stop(), None);
    harness.report("no apples").await;
    harness.work_for(MINUTE).await;
    assert_eq!(harness.stop(), None, "the budget is spent, but nothing waits for it");
    harness.report("no pears").await;
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.stop().unwrap().cause, Cause::IssueBudget);
    harness.work_for(HOUR).await;
    assert_eq!((harness.stop(), harness.github.issues().len()), (None, 2));
}

#[tokio::test]
async fn a_pause_that_a_server_asks_for_is_at_most_an_hour() {
    // milliseconds instead of seconds, two hours ahead
    let in_milliseconds = start().0 + 7_200_000 - start().0 / 1000;
    for failure in [
        Failure::RetryAfter { seconds: 99_999_999 },
        Failure::RetryAfter { seconds: u64::MAX },
        Failure::LimitExhausted { reset_in_seconds: in_milliseconds },
        Failure::LimitExhausted { reset_in_seconds: 99_999_999 },
    ] {
        println!("{failure:?}");
        let mut harness = Harness::start(ISSUES).await;
        harness.work_for(MINUTE).await;
        harness.github.inject(Fault::on(Operation::CreateIssue, failure));
        harness.report("price is undefined").await;
        harness.work_for(HOUR - MINUTE).await;
        assert_eq!(issue_posts(&harness), 1, "the wait that GitHub asks for is kept, up to the hour");
        harness.work_for(2 * MINUTE).await;
        assert_eq!(harness.github.issues().len(), 1);
    }
}

#[tokio::test]
async fn a_stored_pause_of_an_earlier_version_or_another_time_is_over() {
    for (set_at, until) in [
        ("2026-11-22T07:59:00Z", "2030-01-01T00:00:00Z"),
        ("2029-12-31T23:00:00Z", "2030-01-01T00:00:00Z"),
        ("2026-11-22T08:10:00Z", "2026-11-22T08:15:00Z"),
    ] {
        let mut harness = Harness::start(ISSUES).await;
        let (set_at, until) = (Timestamp::parse(set_at).unwrap(), Timestamp::parse(until).unwrap());
        let (reason, times, cause) = ("Slow down".to_owned(), 1, None);
        let pause = Pause { until, reason, times, since: set_at, set_at, cause, writes_only: false };
        harness.store.set_pause("default", Some(pause)).await.unwrap();
        harness.report("price is undefined").await;
        harness.work_for(MINUTE).await;
        assert_eq!((harness.github.issues().len(), harness.stop()), (1, None), "{set_at}");
    }
}

#[tokio::test]
async fn reading_does_not_end_a_stop_that_a_refused_write_began() {
    let mut harness = Harness::start(ALL).await;
    harness.report("no apples").await;
    harness.work_for(MINUTE).await;
    harness.github.inject(Fault::on(Operation::CreateIssue, Failure::forbidden()).forever());
    harness.report("no pears").await;
    // the gate reads all the time, because the first group waits for an approval
    harness.work_for(2 * HOUR).await;
    let tries = issue_posts(&harness) - 1;
    assert!((20..=32).contains(&tries), "every five minutes at last, but {tries} in two hours");
    assert_eq!(harness.stop().unwrap().since, start().plus(MINUTE));
}

#[tokio::test]
async fn a_renamed_repository_is_followed_and_named() {
    let mut harness = Harness::start(ALL).await;
    harness.report("no apples").await;
    harness.work_for(MINUTE).await;
    harness.github.rename_repository("acme-corp/store");
    harness.report("no pears").await;
    harness.work_for(5 * MINUTE).await;
    assert_eq!((harness.github.issues().len(), harness.github.pulls().len()), (2, 2));
    assert_eq!((harness.renamed_to().as_deref(), harness.stop()), (Some("acme-corp/store"), None));
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.github.hand_overs().len(), 1);
    harness.crash().await;
    harness.report("no plums").await;
    harness.work_for(MINUTE).await;
    assert_eq!(harness.github.issues().len(), 3, "a restart with the old name finds it, too");
    harness.assert_valid_requests();
}

#[tokio::test]
async fn a_redirect_to_another_host_or_in_a_circle_is_not_followed() {
    let other = StandIn::start().await;
    let mut harness = Harness::start(ISSUES).await;
    harness.work_for(MINUTE).await;
    let own = harness.github.url().to_owned();
    let elsewhere = format!("{}/repositories/1/issues", other.url());
    let no_id = format!("{own}/repos/acme/shop/issues");
    let user_part = format!("{}@{}/repositories/1", own, other.url().trim_start_matches("http://"));
    for location in [elsewhere, no_id, user_part, format!("{own}/repositories/1/issues"), "//".into(), "%".into()] {
        for status in [301, 302, 303, 307, 308] {
            let failure = Failure::Redirect { status, location: location.clone() };
            harness.github.inject(Fault::on(Operation::Any, failure).times(2));
        }
    }
    harness.report("price is undefined").await;
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.stop().unwrap().cause, Cause::Redirected);
    assert!(other.requests().is_empty(), "{:?}", other.requests());
    harness.work_for(12 * HOUR).await;
    assert_eq!(harness.github.issues().len(), 1);
}

#[tokio::test]
async fn an_outage_leaves_one_stop() {
    let mut harness = Harness::start(ISSUES).await;
    harness.github.start_outage(Outage::Refused).await;
    harness.report("price is undefined").await;
    harness.work_for(HOUR).await;
    let stop = harness.stop().unwrap();
    assert_eq!((stop.cause, stop.since), (Cause::GithubDown, start()));
    harness.github.end_outage().await;
    harness.work_for(5 * MINUTE).await;
    assert_eq!((harness.stop(), harness.github.issues().len()), (None, 1));
}
