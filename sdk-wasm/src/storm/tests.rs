//! The pace of reports: limits, pauses and what is held back meanwhile.

use super::*;

fn admit(storm: &mut Storm<()>, error: u64, now: f64) -> Option<Repeats> {
    storm.admit(error, (), now).map(|(_, repeats)| repeats)
}

#[test]
fn thirty_a_minute_then_counted() {
    let mut storm = Storm::new();
    let sent = (0..1000).filter(|call| admit(&mut storm, 7, f64::from(*call)).is_some()).count();
    assert_eq!(sent, 30);
    assert_eq!(admit(&mut storm, 7, MINUTE), Some(Repeats { count: 971, first: 30.0, last: MINUTE }));
    assert_eq!(admit(&mut storm, 7, MINUTE), Some(Repeats { count: 1, first: MINUTE, last: MINUTE }));
}

#[test]
fn what_was_held_leaves_by_itself_when_the_minute_is_over() {
    let mut storm = Storm::new();
    for call in 0..40 {
        admit(&mut storm, 7, 1e12 + f64::from(call));
    }
    assert_eq!(storm.wait(1e12 + 100.0), MINUTE - 100.0);
    assert_eq!(storm.release(1e12 + 100.0), None);
    let held = Repeats { count: 10, first: 1e12 + 30.0, last: 1e12 + 39.0 };
    assert_eq!(storm.release(1e12 + MINUTE), Some(((), held)));
    assert_eq!(storm.release(1e12 + MINUTE), None);
}

#[test]
fn a_service_that_asks_for_quiet_gets_it() {
    let mut storm = Storm::new();
    storm.refused(Some(1_000.0), 0.0, 0.0);
    assert_eq!(admit(&mut storm, 1, 999.0), None);
    assert_eq!(admit(&mut storm, 1, 1_000.0), Some(Repeats { count: 2, first: 999.0, last: 1_000.0 }));
}

#[test]
fn nobody_can_ask_for_haste_or_for_silence_without_end() {
    let mut storm = Storm::<()>::new();
    storm.refused(Some(0.0), 0.0, 0.0);
    assert_eq!(storm.wait(0.0), 1_000.0);
    storm.refused(Some(1e300), 0.0, 0.0);
    assert_eq!(storm.wait(0.0), 60.0 * MINUTE);
}

#[test]
fn pauses_grow_with_failures_and_end_with_an_answer() {
    let mut storm = Storm::<()>::new();
    let mut now = 1e12;
    let pauses: Vec<_> = (0..9)
        .map(|_| {
            // ten reports that left together
            (0..10).for_each(|_| storm.refused(None, 0.5, now));
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
    let mut storm = Storm::new();
    for error in 0..100_000 {
        admit(&mut storm, error, 0.0);
    }
    assert_eq!(storm.held.len(), DIFFERENT_ERRORS);
}

#[test]
fn a_clock_set_back_does_not_silence() {
    let mut storm = Storm::new();
    for _ in 0..40 {
        admit(&mut storm, 1, 9e12);
    }
    storm.refused(None, 0.0, 9e12);
    assert!(storm.wait(1.0) <= ASKED_PAUSE.1);
    assert!(admit(&mut storm, 1, 1.0 + ASKED_PAUSE.1).is_some());
}

#[test]
fn parts_do_not_run_together() {
    assert_ne!(same_error(["ab", "c", "", ""]), same_error(["a", "bc", "", ""]));
}
