//! Clocks that jump in either direction, at every step of a whole flow: nothing is lost, nothing is done twice, and nothing
//! waits longer than its interval.

use std::time::Duration;

use autoheal_prepare::Timestamp;
use autoheal_store::Status;
use autoheal_test_support::{Failure, Fault, Operation};

use crate::harness::{ALL, Harness};

const HOUR: i64 = 3_600_000;
/// The jumps, in milliseconds.
const JUMPS: [i64; 6] = [-HOUR, HOUR, -24 * HOUR, 24 * HOUR, -87_600 * HOUR, 87_600 * HOUR];
/// Number of ticks of a whole flow, without failures.
const TICKS: usize = 20;

/// One jump of the worker's clock during a flow.
#[derive(Debug, Clone, Copy)]
struct Jump {
    milliseconds: i64,
    /// Number of ticks before it.
    at_tick: usize,
    /// Number of ticks after it, before the clock is right again; none for never.
    for_ticks: Option<usize>,
}

/// Works from a report to the hand-over, and asserts that GitHub has exactly one of everything.
async fn flow(jump: Jump, fault: Option<Fault>, bound: Duration) {
    let mut harness = Harness::start(ALL).await;
    if let Some(fault) = fault {
        harness.github.inject(fault);
    }
    harness.report("price is undefined").await;
    let (mut passed, mut is_approved) = (Duration::ZERO, false);
    for tick in 0.. {
        let log = || harness.github.read(|state| state.request_log());
        assert!(passed <= bound && tick < 400, "{jump:?}: not finished after {passed:?}, {tick} ticks\n{}", log());
        let moved = |by: i64| harness.clock.set(Timestamp(harness.clock.now().0 + by));
        if tick == jump.at_tick {
            moved(jump.milliseconds);
        }
        if jump.for_ticks.is_some_and(|ticks| tick == jump.at_tick + ticks) {
            moved(-jump.milliseconds);
        }
        passed += harness.tick_once().await;
        if !is_approved && !harness.github.pulls().is_empty() {
            harness.github.add_label(1, "autoheal-approved", "maintainer");
            is_approved = true;
        }
        if harness.only_group().await.group.status == Status::HandedOver && tick > jump.at_tick + 3 {
            break;
        }
    }
    // what comes later changes nothing
    for _ in 0..5 {
        harness.tick_once().await;
    }
    println!("{jump:?}");
    harness.assert_once();
    assert_eq!(harness.github.hand_overs().len(), 1, "{jump:?}");
    assert_eq!(harness.github.issues().len(), 1, "{jump:?}");
}

#[tokio::test]
async fn a_jump_at_any_step_neither_delays_nor_repeats_anything() {
    for milliseconds in JUMPS {
        for at_tick in (0..TICKS).step_by(2) {
            flow(Jump { milliseconds, at_tick, for_ticks: None }, None, Duration::from_secs(180)).await;
        }
    }
}

#[tokio::test]
async fn a_write_that_waits_for_a_pause_waits_no_longer_after_the_clock_is_set_back() {
    for (on, failure) in [
        (Operation::CreateIssue, Failure::RetryAfter { seconds: 4 }),
        (Operation::CreatePull, Failure::RetryAfter { seconds: 4 }),
        (Operation::CreatePull, Failure::BadGatewayBefore),
    ] {
        for milliseconds in [-10_000, -HOUR, -24 * HOUR] {
            let mut harness = Harness::start(ALL).await;
            harness.github.inject(Fault::on(on, failure.clone()));
            harness.report("price is undefined").await;
            while harness.stop().is_none() {
                harness.tick_once().await;
            }
            harness.clock.set(Timestamp(harness.clock.now().0 + milliseconds));
            let is_done = |harness: &Harness| match on {
                Operation::CreateIssue => !harness.github.issues().is_empty(),
                _ => !harness.github.pulls().is_empty(),
            };
            let mut passed = Duration::ZERO;
            while !is_done(&harness) {
                passed += harness.tick_once().await;
                assert!(passed.as_secs() < 20, "{on:?} {failure:?} {milliseconds}: {passed:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_jump_and_back_neither_delays_nor_repeats_anything() {
    for milliseconds in JUMPS {
        for at_tick in (1..TICKS).step_by(4) {
            for for_ticks in [1, 3] {
                let jump = Jump { milliseconds, at_tick, for_ticks: Some(for_ticks) };
                flow(jump, None, Duration::from_secs(180)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_write_whose_response_is_lost_while_the_clock_is_wrong_is_not_repeated() {
    for on in [Operation::CreateIssue, Operation::CreatePull] {
        for milliseconds in JUMPS {
            for (at_tick, for_ticks) in [(0, None), (2, Some(6)), (5, Some(2)), (8, None), (9, Some(3))] {
                let fault = Fault::on(on, Failure::CutAfter);
                let jump = Jump { milliseconds, at_tick, for_ticks };
                flow(jump, Some(fault), Duration::from_secs(600)).await;
            }
        }
    }
}
