//! Limits per minute, pauses, and the counts of errors that wait.

use super::*;

/// Sends as many requests as the throttle allows, as the shell does. Returns their number.
fn send_all(throttle: &mut Throttle, is_urgent: bool, now: f64) -> usize {
    let mut sent = 0;
    while throttle.has_pending() && throttle.may_send(is_urgent, now) {
        while throttle.take_oldest().is_some() {}
        throttle.count_request();
        sent += 1;
    }
    sent
}

#[test]
fn errors_over_the_limit_per_minute_are_counted() {
    let mut throttle = Throttle::new(30);
    let mut sent = 0;
    for call in 0..1000 {
        throttle.add(7, call, f64::from(call));
        sent += send_all(&mut throttle, false, f64::from(call));
    }
    assert_eq!(sent, 29);
    assert_eq!(throttle.wait(1000.0), MINUTE_MS - 1000.0);
    assert!(throttle.may_send(true, 1000.0), "one request is reserved");
    assert!(throttle.may_send(false, MINUTE_MS));
    let pending = throttle.take_oldest().expect("971 errors wait");
    assert_eq!((pending.number, pending.count, pending.first, pending.last), (29, 971, 29.0, 999.0));
}

#[test]
fn the_last_request_of_a_minute_is_for_urgent_reports() {
    let mut throttle = Throttle::new(30);
    for call in 0..100 {
        throttle.add(7, call, 5.0);
        send_all(&mut throttle, true, 5.0);
    }
    assert_eq!(throttle.sent, 30);
    assert!(!throttle.may_send(true, 5.0));
}

#[test]
fn a_limit_of_one_request_per_minute_allows_one() {
    let mut throttle = Throttle::new(1);
    assert!(throttle.may_send(false, 0.0));
    throttle.count_request();
    assert!(!throttle.may_send(false, 1.0) && !throttle.may_send(true, 1.0));
    assert!(throttle.may_send(false, MINUTE_MS));
}

#[test]
fn a_requested_pause_is_kept() {
    let mut throttle = Throttle::new(30);
    throttle.fail(Some(1_000.0), 0.0, 0.0);
    assert!(!throttle.may_send(false, 999.0) && !throttle.may_send(true, 999.0));
    assert!(throttle.may_send(false, 1_000.0));
}

#[test]
fn requested_pauses_have_a_minimum_and_a_maximum() {
    let mut throttle = Throttle::new(30);
    throttle.fail(Some(0.0), 0.0, 0.0);
    assert_eq!(throttle.wait(0.0), 1_000.0);
    throttle.fail(Some(1e300), 0.0, 0.0);
    assert_eq!(throttle.wait(0.0), 60.0 * MINUTE_MS);
}

#[test]
fn pauses_double_with_failures_and_restart_after_a_success() {
    let mut throttle = Throttle::new(30);
    let mut now = 1e12;
    let pauses: Vec<_> = (0..9)
        .map(|_| {
            throttle.fail(None, 0.5, now);
            let pause = throttle.wait(now);
            now += pause;
            pause
        })
        .collect();
    assert_eq!(pauses, [4e3, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3, 300e3, 300e3]);
    assert!(throttle.is_failing());
    throttle.succeed();
    throttle.fail(None, 0.5, now);
    assert_eq!(throttle.wait(now), 4e3);
}

#[test]
fn memory_is_bounded() {
    let mut throttle = Throttle::new(30);
    let added = (0..100_000).filter(|error| throttle.add(u64::from(*error), *error, 0.0)).count();
    assert_eq!((added, throttle.pending.len()), (MAX_PENDING_ERRORS, MAX_PENDING_ERRORS));
}

#[test]
fn reports_do_not_stop_after_the_clock_was_set_back() {
    let mut throttle = Throttle::new(30);
    for call in 0..40 {
        throttle.add(1, call, 9e12);
        send_all(&mut throttle, false, 9e12);
    }
    throttle.fail(None, 0.0, 9e12);
    assert!(throttle.wait(1.0) <= MAX_REQUESTED_PAUSE_MS);
    assert!(throttle.may_send(false, 1.0 + MAX_REQUESTED_PAUSE_MS));
}

#[test]
fn errors_with_other_facts_have_another_hash() {
    assert_ne!(error_hash("ab\nc\n\n"), error_hash("a\nbc\n\n"));
}
