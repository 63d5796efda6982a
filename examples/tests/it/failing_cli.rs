//! A command-line program's panics and errors: its own output and ending stay, and what happened is recorded.

use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use autoheal_prepare::validate::Sender;
use serde_json::json;

use crate::place::Place;
use crate::service::Service;

const PROGRAM: &str = env!("CARGO_BIN_EXE_failing-cli");
/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

fn run(place: &Place, way: &str) -> Output {
    place.command(PROGRAM, &[way]).output().unwrap()
}

fn run_with(place: &Place, way: &str, url: &str) -> Output {
    place.command(PROGRAM, &[way]).env("AUTOHEAL_URL", url).env("AUTOHEAL_KEY", "made-up-key").output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_panic_is_recorded_with_its_stack_and_the_events_before_it() {
    let place = Place::new();
    let output = run(&place, "panic");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(101), 0));
    assert!(errors(&output).contains("panicked at examples/src/bin/failing-cli.rs:"), "{}", errors(&output));
    assert!(!errors(&output).contains("autoheal") && !errors(&output).contains("hyper"), "{}", errors(&output));

    let sample = place.only();
    let report = &sample.report;
    assert_eq!((report.error_type.as_str(), report.source.map(|source| source.name())), ("panic", Some("rust")));
    assert_eq!(report.error_message, "index out of bounds: the len is 3 but the index is 7");
    assert_eq!((sample.sender, report.release.as_deref()), (Sender::Local, Some(env!("CARGO_PKG_VERSION"))));
    let own: Vec<_> = sample.frames.iter().filter(|frame| frame.in_app).collect();
    assert!(own[0].function.as_deref().unwrap().contains("price"), "{own:#?}");
    assert!(own.iter().all(|frame| frame.file.as_deref().unwrap().ends_with("failing-cli.rs")), "{own:#?}");
    assert!(own[0].line.is_some());
    let logs: Vec<_> = report.logs.iter().map(|line| (line.level.as_deref().unwrap(), line.message.as_str())).collect();
    assert_eq!(logs[0], ("info", "failing_cli: filling the basket items=3"));
    assert!(logs[1].1.starts_with("failing_cli: looking up a price item=7 token="), "{logs:?}");
    assert!(!format!("{report:?}").contains("abcdefghijklmnop"), "{report:?}");
    let said = serde_json::to_value(report).unwrap();
    assert_eq!((&said["context"]["program"], &said["context"]["thread"]), (&json!("failing-cli"), &json!("main")));
    assert_eq!((&said["system"]["os"], place.waiting().len()), (&json!(std::env::consts::OS), 1));
    assert!(said["command"].as_str().unwrap().ends_with("failing-cli panic"), "{said}");
}

#[test]
fn one_panic_is_one_failure_wherever_the_program_is_started() {
    let place = Place::new();
    for directory in ["/", env!("CARGO_MANIFEST_DIR"), concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin")] {
        place.command(PROGRAM, &["panic"]).current_dir(directory).output().unwrap();
    }
    let recorded = place.recorded();
    assert_eq!((recorded.len(), recorded[0].1), (1, 3), "{recorded:#?}");
}

#[test]
fn an_error_is_recorded_with_what_caused_it() {
    let place = Place::new();
    let output = run(&place, "error");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(
        errors(&output).ends_with("Error: PriceError(ParseIntError { kind: InvalidDigit })\n"),
        "{}",
        errors(&output)
    );
    let report = place.only().report;
    assert_eq!((report.error_type.as_str(), report.error_message.as_str()), ("PriceError", "the price list is broken"));
    assert_eq!((report.causes.len(), report.causes[0].error_type.as_str()), (1, "ParseIntError"));
    assert_eq!(report.logs.len(), 1);
}

#[test]
fn a_thread_that_panics_is_recorded_while_the_program_goes_on() {
    let place = Place::new();
    let output = run(&place, "thread");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"done\n".as_slice()));
    let sample = place.only();
    assert!(sample.report.stack_trace.unwrap().starts_with("thread 'till' panicked at "));
}

#[test]
fn a_panic_while_it_is_logged_is_one_like_any_other() {
    let place = Place::new();
    assert_eq!(run(&place, "log").status.code(), Some(101));
    let report = place.only().report;
    assert_eq!((report.error_message.as_str(), report.logs.len()), ("it has no price", 1));
}

#[test]
fn success_leaves_no_trace() {
    let place = Place::new();
    let output = place.command(PROGRAM, &[]).env("AUTOHEAL_URL", NOWHERE).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"done\n".as_slice()));
    assert!(place.is_untouched() && !errors(&output).contains("autoheal"));
}

#[test]
fn an_end_that_waits_for_nothing_loses_no_report_and_the_next_run_delivers_it() {
    for (way, ending, reports) in [("exit", (Some(4), None), 1), ("abort", (None, Some(6)), 2)] {
        let (place, service) = (Place::new(), Service::start());
        let output = run_with(&place, way, &service.url);
        assert_eq!((output.status.code(), output.status.signal()), ending, "{}", errors(&output));
        let next = place.command(PROGRAM, &[]).env("AUTOHEAL_URL", &service.url).output().unwrap();
        assert_eq!((next.status.code(), errors(&next).contains("autoheal")), (Some(0), false));
        // the first run may have been faster than its own end; what comes twice has the same id
        let mut ids: Vec<_> = (0..reports).map(|_| service.next().report["id"].to_string()).collect();
        ids.extend(service.rest().iter().map(|arrived| arrived.report["id"].to_string()));
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), place.waiting().len()), (reports, 0), "{way}");
    }
}

#[test]
fn its_own_words_travel_under_the_key() {
    let (place, service) = (Place::new(), Service::start());
    assert_eq!(run_with(&place, "panic", &service.url).status.code(), Some(101));
    assert!(service.next().keyed);
}

#[test]
fn a_service_that_is_away_delays_nothing_and_is_told_of_in_a_line() {
    let place = Place::new();
    let began = Instant::now();
    let output = run_with(&place, "error", NOWHERE);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!((output.status.code(), place.waiting().len()), (Some(1), 1));
    let said = errors(&output);
    let ours: Vec<_> = said.lines().filter(|line| line.starts_with("autoheal: ")).collect();
    assert!(ours.len() == 1 && ours[0].contains("cannot be reached"), "{said}");
}

#[test]
fn a_service_that_never_answers_delays_the_end_by_two_seconds_at_most() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::new();
    let began = Instant::now();
    let output = run_with(&place, "error", &format!("http://{}", silent.local_addr().unwrap()));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!((output.status.code(), place.waiting().len()), (Some(1), 1));
    // nor does what an earlier run left hold up one that is fine
    let began = Instant::now();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let next = place.command(PROGRAM, &[]).env("AUTOHEAL_URL", url).output().unwrap();
    assert!(next.status.success() && began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn a_storm_is_one_failure_and_takes_no_time() {
    let place = Place::new();
    let began = Instant::now();
    assert_eq!(run(&place, "storm").status.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(place.recorded().len(), 1);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = place.command(PROGRAM, &[]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    assert!(place.is_untouched());
}

#[test]
fn where_nothing_can_be_kept_it_still_is_delivered() {
    let service = Service::start();
    let mut command = Place::new().command(PROGRAM, &["error"]);
    command.env_remove("XDG_DATA_HOME").env("AUTOHEAL_URL", &service.url);
    assert_eq!(command.output().unwrap().status.code(), Some(1));
    assert_eq!(service.next().report["error_type"], "PriceError");
}
