//! The reporter's gathering, pace and ending, with a delivery that only notes what it was given.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};

use serde_json::value::to_raw_value;

use super::*;
use crate::Delivery;

/// More than any test waits for.
const LONG: Duration = Duration::from_secs(20);

fn failure(message: &str) -> ErrorReport {
    ErrorReport { error_message: message.to_owned(), ..ErrorReport::default() }
}

fn in_memory(message: &str) -> Waiting {
    Waiting { report: failure(message), kept: None, repeats: None }
}

type Delivered = (Instant, Vec<(String, u64)>);

fn start(outcome: Outcome) -> (Reporter, Receiver<Delivered>, Receiver<String>) {
    let (send, delivered) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let deliver = move |(_, reports): Batch, _until| {
        let reports = reports.into_iter().map(|report| (report.error_message, report.count.unwrap_or(1))).collect();
        let _test_is_over = send.send((Instant::now(), reports));
        outcome.clone()
    };
    let reporter = Reporter::start_with(Box::new(|_| None), deliver, move |what| {
        let _test_is_over = tell.send(what.to_owned());
    });
    (reporter.unwrap(), delivered, told)
}

fn told() -> Outcome {
    Outcome::Delivered(Delivery::Nothing)
}

#[test]
fn what_comes_together_leaves_together_and_equal_ones_are_counted() {
    let (reporter, delivered, _) = start(told());
    for message in ["one", "two", "one", "one"] {
        reporter.send(failure(message));
    }
    let (_, reports) = delivered.recv_timeout(LONG).unwrap();
    assert_eq!(reports, [("one".to_owned(), 3), ("two".to_owned(), 1)]);
}

#[test]
fn what_different_clients_met_is_told_of_each() {
    let (reporter, delivered, _) = start(told());
    for client in ["a", "b", "a"] {
        reporter.send(ErrorReport { client: Some(client.to_owned()), ..failure("one") });
    }
    let (_, reports) = delivered.recv_timeout(LONG).unwrap();
    assert_eq!(reports, [("one".to_owned(), 2), ("one".to_owned(), 1)]);
}

#[test]
fn the_next_delivery_is_a_second_later() {
    let (reporter, delivered, _) = start(told());
    reporter.send(failure("one"));
    let (first, _) = delivered.recv_timeout(LONG).unwrap();
    reporter.send(failure("two"));
    let (second, _) = delivered.recv_timeout(LONG).unwrap();
    assert!(second - first >= Duration::from_millis(950), "{:?}", second - first);
}

#[test]
fn a_flush_and_an_end_wait_for_nothing() {
    let (reporter, delivered, _) = start(told());
    let began = Instant::now();
    reporter.send(failure("one"));
    assert!(reporter.flush(LONG));
    reporter.send(failure("two"));
    drop(reporter);
    assert!(began.elapsed() < PACE, "{:?}", began.elapsed());
    let reports: Vec<_> = delivered.iter().flat_map(|(_, reports)| reports).map(|(message, _)| message).collect();
    assert_eq!(reports, ["one", "two"]);
}

#[test]
fn a_flush_that_takes_too_long_says_so() {
    let (release, held) = mpsc::channel::<()>();
    let deliver = move |_, _| {
        let _released = held.recv();
        told()
    };
    let reporter = Reporter::start_with(Box::new(|_| None), deliver, |_| {}).unwrap();
    reporter.send(failure("one"));
    assert!(!reporter.flush(Duration::from_millis(100)));
    drop(release);
    assert!(reporter.flush(LONG));
}

#[test]
fn each_kind_of_trouble_is_told_once() {
    let (reporter, delivered, told) = start(Outcome::Spooled("the service is away".to_owned()));
    for message in ["one", "two", "three"] {
        reporter.send(failure(message));
        assert!(reporter.flush(LONG));
    }
    drop(reporter);
    assert_eq!(delivered.iter().count(), 3);
    let told: Vec<_> = told.iter().collect();
    assert_eq!(told, ["failures could not be reported yet and are kept: the service is away"]);
}

#[test]
fn what_there_is_no_room_for_is_counted_and_told_at_the_end() {
    let (reporter, delivered, told) = start(told());
    // in one step and without a word, so that the thread takes none meanwhile
    reporter.shared.lock().queue.extend((0..MOST).map(|number| in_memory(&number.to_string())));
    reporter.send(failure("0"));
    reporter.send(failure("one too many"));
    drop(reporter);
    assert_eq!(delivered.iter().map(|(_, reports)| reports.len()).sum::<usize>(), MOST);
    assert_eq!(told.iter().collect::<Vec<_>>(), ["1 failures were not reported: too many came at once"]);
}

#[test]
fn being_asked_delivers_what_waits_on_the_disk() {
    let (reporter, delivered, _) = start(told());
    reporter.wake();
    assert_eq!(delivered.recv_timeout(LONG).unwrap().1, []);
}

#[test]
fn where_the_first_failure_went_is_said_once() {
    let (tell, told) = mpsc::channel();
    let on_first = move |what: &str| drop(tell.send(what.to_owned()));
    let recorded = |_, _| Outcome::Delivered(Delivery::Store { reports: "E".to_owned(), occurrences: Some(1) });
    let reporter = Reporter::start_with(Box::new(|_| None), telling_the_first(recorded, on_first), |_| {}).unwrap();
    for message in ["one", "two"] {
        reporter.send(failure(message));
        assert!(reporter.flush(LONG));
    }
    drop(reporter);
    let said: Vec<String> = told.iter().collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("recorded: E; `autoheal serve` shows it (said once"), "{said:?}");
}

#[test]
fn what_is_on_disk_counts_no_more_and_its_repeats_are_one_report() {
    let (send, delivered) = mpsc::channel();
    let keep = |report: &ErrorReport| {
        let file = PathBuf::from(report.id.clone().unwrap());
        Some(SpooledReport { file, to: None, sender: Sender::Local, report: to_raw_value(report).unwrap() })
    };
    let deliver = move |batch: Batch, _until| {
        let _test_is_over = send.send(batch);
        told()
    };
    let reporter = Reporter::start_with(Box::new(keep), deliver, |_| {}).unwrap();
    for message in ["one", "two", "one", "one"] {
        reporter.send(failure(message));
    }
    let (kept, repeats) = delivered.recv_timeout(LONG).unwrap();
    let kept: Vec<_> =
        kept.iter().map(|kept| serde_json::from_str::<ErrorReport>(kept.report.get()).unwrap()).collect();
    let shown =
        |reports: &[ErrorReport]| reports.iter().map(|it| (it.error_message.clone(), it.count)).collect::<Vec<_>>();
    assert_eq!(shown(&kept), [("one".to_owned(), None), ("two".to_owned(), None)]);
    assert_eq!(shown(&repeats), [("one".to_owned(), Some(2))]);
    assert_ne!(kept[0].id, repeats[0].id);
}
