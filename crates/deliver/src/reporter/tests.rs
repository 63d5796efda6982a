//! Tests of the reporter's queue, interval and end, with a delivery that only records its reports.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};

use serde_json::value::to_raw_value;

use super::*;
use crate::Delivery;
use crate::spool::Recipient;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(20);

fn failure(message: &str) -> ErrorReport {
    ErrorReport { error_message: message.to_owned(), ..ErrorReport::default() }
}

fn in_memory(message: &str) -> Queued {
    Queued { report: failure(message), spooled: None, repeats: None }
}

type Delivered = (Instant, Vec<(String, u64)>);

fn start(outcome: Outcome) -> (Reporter, Receiver<Delivered>, Receiver<String>) {
    let (send, delivered) = mpsc::channel();
    let (warn, warnings) = mpsc::channel();
    let deliver = move |(_, reports): Batch, _until| {
        let reports = reports.into_iter().map(|report| (report.error_message, report.count.unwrap_or(1))).collect();
        let _test_is_over = send.send((Instant::now(), reports));
        outcome.clone()
    };
    let reporter = Reporter::start_with(Box::new(|_| None), deliver, move |sentence| {
        let _test_is_over = warn.send(sentence.to_owned());
    });
    (reporter.unwrap(), delivered, warnings)
}

fn delivered_once() -> Outcome {
    Outcome::Delivered(Delivery::Nothing)
}

#[test]
fn reports_of_one_moment_are_delivered_together_and_equal_ones_are_counted() {
    let (reporter, delivered, _) = start(delivered_once());
    for message in ["one", "two", "one", "one"] {
        reporter.send(failure(message));
    }
    let (_, reports) = delivered.recv_timeout(LONG).unwrap();
    assert_eq!(reports, [("one".to_owned(), 3), ("two".to_owned(), 1)]);
}

#[test]
fn failures_of_different_clients_are_reported_for_each() {
    let (reporter, delivered, _) = start(delivered_once());
    for client in ["a", "b", "a"] {
        reporter.send(ErrorReport { client: Some(client.to_owned()), ..failure("one") });
    }
    let (_, reports) = delivered.recv_timeout(LONG).unwrap();
    assert_eq!(reports, [("one".to_owned(), 2), ("one".to_owned(), 1)]);
}

#[test]
fn the_next_delivery_is_a_second_later() {
    let (reporter, delivered, _) = start(delivered_once());
    reporter.send(failure("one"));
    let (first, _) = delivered.recv_timeout(LONG).unwrap();
    reporter.send(failure("two"));
    let (second, _) = delivered.recv_timeout(LONG).unwrap();
    assert!(second - first >= Duration::from_millis(950), "{:?}", second - first);
}

#[test]
fn a_flush_and_a_drop_deliver_at_once() {
    let (reporter, delivered, _) = start(delivered_once());
    let began = Instant::now();
    reporter.send(failure("one"));
    assert!(reporter.flush(LONG));
    reporter.send(failure("two"));
    drop(reporter);
    assert!(began.elapsed() < INTERVAL, "{:?}", began.elapsed());
    let reports: Vec<_> = delivered.iter().flat_map(|(_, reports)| reports).map(|(message, _)| message).collect();
    assert_eq!(reports, ["one", "two"]);
}

#[test]
fn a_flush_that_times_out_returns_false() {
    let (release, held) = mpsc::channel::<()>();
    let deliver = move |_, _| {
        let _released = held.recv();
        delivered_once()
    };
    let reporter = Reporter::start_with(Box::new(|_| None), deliver, |_| {}).unwrap();
    reporter.send(failure("one"));
    assert!(!reporter.flush(Duration::from_millis(100)));
    drop(release);
    assert!(reporter.flush(LONG));
}

#[test]
fn each_kind_of_trouble_is_reported_once() {
    let (reporter, delivered, warnings) = start(Outcome::Spooled { why: "the service is away".to_owned(), dropped: 0 });
    for message in ["one", "two", "three"] {
        reporter.send(failure(message));
        assert!(reporter.flush(LONG));
    }
    drop(reporter);
    assert_eq!(delivered.iter().count(), 3);
    let warnings: Vec<_> = warnings.iter().collect();
    assert_eq!(warnings, ["failures could not be reported yet and stay on this machine: the service is away"]);
}

#[test]
fn dropped_reports_are_counted_and_said_once_more_at_the_end() {
    let (reporter, _delivered, warnings) = start(Outcome::Spooled { why: "full".to_owned(), dropped: 2 });
    for message in ["one", "two"] {
        reporter.send(failure(message));
        assert!(reporter.flush(LONG));
    }
    drop(reporter);
    let warnings: Vec<_> = warnings.iter().collect();
    let first = "failures could not be reported yet and stay on this machine: full";
    assert_eq!(warnings, [first, "4 older failures were dropped: the spool was full"]);
}

#[test]
fn reports_beyond_the_queue_are_counted_and_reported_at_the_end() {
    let (reporter, delivered, warnings) = start(delivered_once());
    // in one step and without a notification, so that the thread takes no report before the queue is full
    reporter.shared.lock().queue.extend((0..MAX_QUEUED).map(|number| in_memory(&number.to_string())));
    reporter.send(failure("0"));
    reporter.send(failure("one too many"));
    drop(reporter);
    assert_eq!(delivered.iter().map(|(_, reports)| reports.len()).sum::<usize>(), MAX_QUEUED);
    assert_eq!(warnings.iter().collect::<Vec<_>>(), ["1 failures were not reported: too many came at once"]);
}

#[test]
fn waking_delivers_the_spooled_reports() {
    let (reporter, delivered, _) = start(delivered_once());
    reporter.wake();
    assert_eq!(delivered.recv_timeout(LONG).unwrap().1, []);
}

#[test]
fn the_first_delivery_is_announced_once() {
    let (warn, warnings) = mpsc::channel();
    let on_first = move |sentence: &str| drop(warn.send(sentence.to_owned()));
    let recorded = |_, _| Outcome::Delivered(Delivery::Store { reports: "E".to_owned(), occurrences: Some(1) });
    let reporter = Reporter::start_with(Box::new(|_| None), announcing_the_first(recorded, on_first), |_| {}).unwrap();
    for message in ["one", "two"] {
        reporter.send(failure(message));
        assert!(reporter.flush(LONG));
    }
    drop(reporter);
    let lines: Vec<String> = warnings.iter().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("recorded: E; `autoheal serve` shows it (later failures"), "{lines:?}");
}

#[test]
fn a_spooled_report_does_not_change_and_its_repeats_are_one_report() {
    let (send, delivered) = mpsc::channel();
    let spool = |report: &ErrorReport| {
        let file = PathBuf::from(report.id.clone().unwrap());
        Some(SpooledReport {
            file,
            recipient: Recipient::default(),
            sender: Sender::Local,
            report: to_raw_value(report).unwrap(),
        })
    };
    let deliver = move |batch: Batch, _until| {
        let _test_is_over = send.send(batch);
        delivered_once()
    };
    let reporter = Reporter::start_with(Box::new(spool), deliver, |_| {}).unwrap();
    for message in ["one", "two", "one", "one"] {
        reporter.send(failure(message));
    }
    let (spooled, repeats) = delivered.recv_timeout(LONG).unwrap();
    let spooled: Vec<_> =
        spooled.iter().map(|spooled| serde_json::from_str::<ErrorReport>(spooled.report.get()).unwrap()).collect();
    let counts = |reports: &[ErrorReport]| {
        reports.iter().map(|report| (report.error_message.clone(), report.count)).collect::<Vec<_>>()
    };
    assert_eq!(counts(&spooled), [("one".to_owned(), None), ("two".to_owned(), None)]);
    assert_eq!(counts(&repeats), [("one".to_owned(), Some(2))]);
    assert_ne!(spooled[0].id, repeats[0].id);
}
