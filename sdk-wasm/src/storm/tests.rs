//! The pace of reports: limits, pauses and what is counted meanwhile.

use super::*;

/// Sends whenever it may, as the shell does; returns how many requests left.
fn send_all(storm: &mut Storm, is_urgent: bool, now: f64) -> usize {
    let mut sent = 0;
    while storm.holds() && storm.may_send(is_urgent, now) {
        while storm.release().is_some() {}
        storm.spend();
        sent += 1;
    }
    sent
}

#[test]
fn thirty_a_minute_then_counted() {
    let mut storm = Storm::new(30);
    let mut sent = 0;
    for call in 0..1000 {
        storm.hold(7, call, f64::from(call));
        sent += send_all(&mut storm, false, f64::from(call));
    }
    assert_eq!(sent, 29);
    assert_eq!(storm.wait(1000.0), MINUTE - 1000.0);
    assert!(storm.may_send(true, 1000.0), "one is left over for a last word");
    assert!(storm.may_send(false, MINUTE));
    let held = storm.release().expect("971 were held back");
    assert_eq!((held.number, held.count, held.first, held.last), (29, 971, 29.0, 999.0));
}

#[test]
fn the_last_request_of_a_minute_is_for_what_is_urgent_and_there_is_no_other() {
    let mut storm = Storm::new(30);
    for call in 0..100 {
        storm.hold(7, call, 5.0);
        send_all(&mut storm, true, 5.0);
    }
    assert_eq!(storm.sent, 30);
    assert!(!storm.may_send(true, 5.0));
}

#[test]
fn one_request_a_minute_is_one() {
    let mut storm = Storm::new(1);
    assert!(storm.may_send(false, 0.0));
    storm.spend();
    assert!(!storm.may_send(false, 1.0) && !storm.may_send(true, 1.0));
    assert!(storm.may_send(false, MINUTE));
}

#[test]
fn a_service_that_asks_for_quiet_gets_it() {
    let mut storm = Storm::new(30);
    storm.refused(Some(1_000.0), 0.0, 0.0);
    assert!(!storm.may_send(false, 999.0) && !storm.may_send(true, 999.0));
    assert!(storm.may_send(false, 1_000.0));
}

#[test]
fn nobody_can_ask_for_haste_or_for_silence_without_end() {
    let mut storm = Storm::new(30);
    storm.refused(Some(0.0), 0.0, 0.0);
    assert_eq!(storm.wait(0.0), 1_000.0);
    storm.refused(Some(1e300), 0.0, 0.0);
    assert_eq!(storm.wait(0.0), 60.0 * MINUTE);
}

#[test]
fn pauses_grow_with_failures_and_end_with_an_answer() {
    let mut storm = Storm::new(30);
    let mut now = 1e12;
    let pauses: Vec<_> = (0..9)
        .map(|_| {
            storm.refused(None, 0.5, now);
            let pause = storm.wait(now);
            now += pause;
            pause
        })
        .collect();
    assert_eq!(pauses, [4e3, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3, 300e3, 300e3]);
    assert!(storm.in_trouble());
    storm.answered();
    storm.refused(None, 0.5, now);
    assert_eq!(storm.wait(now), 4e3);
}

#[test]
fn memory_is_bounded() {
    let mut storm = Storm::new(30);
    let kept = (0..100_000).filter(|error| storm.hold(u64::from(*error), *error, 0.0)).count();
    assert_eq!((kept, storm.held.len()), (DIFFERENT_ERRORS, DIFFERENT_ERRORS));
}

#[test]
fn a_clock_set_back_does_not_silence() {
    let mut storm = Storm::new(30);
    for call in 0..40 {
        storm.hold(1, call, 9e12);
        send_all(&mut storm, false, 9e12);
    }
    storm.refused(None, 0.0, 9e12);
    assert!(storm.wait(1.0) <= ASKED_PAUSE.1);
    assert!(storm.may_send(false, 1.0 + ASKED_PAUSE.1));
}

#[test]
fn parts_do_not_run_together() {
    assert_ne!(same_error(["ab", "c", "", ""]), same_error(["a", "bc", "", ""]));
}
