//! Panics and errors of a command-line program: they are reported, and its output and exit code do not change.

use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use autoheal_prepare::validate::Sender;
use serde_json::json;

use crate::data_directory::DataDirectory;
use crate::recording_service::RecordingService;

const PROGRAM: &str = env!("CARGO_BIN_EXE_failing-cli");
/// A URL at which nothing listens.
const UNREACHABLE_URL: &str = "http://127.0.0.1:9";

fn run(directory: &DataDirectory, failure: &str) -> Output {
    directory.command(PROGRAM, &[failure]).output().unwrap()
}

fn run_with(directory: &DataDirectory, failure: &str, url: &str) -> Output {
    directory.command(PROGRAM, &[failure]).env("AUTOHEAL_URL", url).env("AUTOHEAL_KEY", "made-up-key").output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_panic_is_reported_with_its_stack_and_the_events_before_it() {
    let directory = DataDirectory::new();
    let output = run(&directory, "panic");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(101), 0));
    assert!(stderr(&output).contains("panicked at examples/src/bin/failing-cli.rs:"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("autoheal") && !stderr(&output).contains("hyper"), "{}", stderr(&output));

    let sample = directory.only_sample();
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
    let json = serde_json::to_value(report).unwrap();
    assert_eq!((&json["context"]["program"], &json["context"]["thread"]), (&json!("failing-cli"), &json!("main")));
    assert_eq!((&json["system"]["os"], directory.spooled().len()), (&json!(std::env::consts::OS), 1));
    assert!(json["command"].as_str().unwrap().ends_with("failing-cli panic"), "{json}");
}

#[test]
fn a_panic_has_the_same_group_in_every_working_directory() {
    let directory = DataDirectory::new();
    for working_directory in ["/", env!("CARGO_MANIFEST_DIR"), concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin")] {
        directory.command(PROGRAM, &["panic"]).current_dir(working_directory).output().unwrap();
    }
    let groups = directory.groups();
    assert_eq!((groups.len(), groups[0].1), (1, 3), "{groups:#?}");
}

#[test]
fn an_error_is_reported_with_its_causes() {
    let directory = DataDirectory::new();
    let output = run(&directory, "error");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(
        stderr(&output).ends_with("Error: PriceError(ParseIntError { kind: InvalidDigit })\n"),
        "{}",
        stderr(&output)
    );
    let report = directory.only_sample().report;
    assert_eq!((report.error_type.as_str(), report.error_message.as_str()), ("PriceError", "the price list is broken"));
    assert_eq!((report.causes.len(), report.causes[0].error_type.as_str()), (1, "ParseIntError"));
    assert_eq!(report.logs.len(), 1);
}

#[test]
fn a_panic_of_a_thread_is_reported_and_the_program_continues() {
    let directory = DataDirectory::new();
    let output = run(&directory, "thread");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"done\n".as_slice()));
    let sample = directory.only_sample();
    assert!(sample.report.stack_trace.unwrap().starts_with("thread 'till' panicked at "));
}

#[test]
fn a_panic_while_an_event_is_formatted_is_reported() {
    let directory = DataDirectory::new();
    assert_eq!(run(&directory, "log").status.code(), Some(101));
    let report = directory.only_sample().report;
    assert_eq!((report.error_message.as_str(), report.logs.len()), ("it has no price", 1));
}

#[test]
fn a_successful_run_writes_nothing() {
    let directory = DataDirectory::new();
    let output = directory.command(PROGRAM, &[]).env("AUTOHEAL_URL", UNREACHABLE_URL).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"done\n".as_slice()));
    assert!(directory.is_untouched() && !stderr(&output).contains("autoheal"));
}

#[test]
fn an_immediate_exit_loses_no_report_because_the_next_run_delivers_it() {
    for (failure, status, reports) in [("exit", (Some(4), None), 1), ("abort", (None, Some(6)), 2)] {
        let (directory, service) = (DataDirectory::new(), RecordingService::start());
        let output = run_with(&directory, failure, &service.url);
        assert_eq!((output.status.code(), output.status.signal()), status, "{}", stderr(&output));
        let next = directory.command(PROGRAM, &[]).env("AUTOHEAL_URL", &service.url).output().unwrap();
        assert_eq!((next.status.code(), stderr(&next).contains("autoheal")), (Some(0), false));
        // the first run may have delivered a report before its exit; the second delivery has the same id
        let mut ids: Vec<_> = (0..reports).map(|_| service.next().report["id"].to_string()).collect();
        ids.extend(service.rest().iter().map(|received| received.report["id"].to_string()));
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), directory.spooled().len()), (reports, 0), "{failure}");
    }
}

#[test]
fn the_programs_own_reports_are_sent_with_the_key() {
    let (directory, service) = (DataDirectory::new(), RecordingService::start());
    assert_eq!(run_with(&directory, "panic", &service.url).status.code(), Some(101));
    assert!(service.next().with_key);
}

#[test]
fn an_unreachable_service_causes_one_warning_and_no_delay() {
    let directory = DataDirectory::new();
    let began = Instant::now();
    let output = run_with(&directory, "error", UNREACHABLE_URL);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!((output.status.code(), directory.spooled().len()), (Some(1), 1));
    let output = stderr(&output);
    let warnings: Vec<_> = output.lines().filter(|line| line.starts_with("autoheal: ")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("cannot be reached"), "{output}");
}

#[test]
fn a_service_that_never_responds_delays_the_exit_by_two_seconds_at_most() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = DataDirectory::new();
    let began = Instant::now();
    let output = run_with(&directory, "error", &format!("http://{}", silent.local_addr().unwrap()));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!((output.status.code(), directory.spooled().len()), (Some(1), 1));
    // a spooled report of an earlier run does not delay a successful run
    let began = Instant::now();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let next = directory.command(PROGRAM, &[]).env("AUTOHEAL_URL", url).output().unwrap();
    assert!(next.status.success() && began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn a_repeated_panic_is_one_group_and_takes_little_time() {
    let directory = DataDirectory::new();
    let began = Instant::now();
    assert_eq!(run(&directory, "repeat").status.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(directory.groups().len(), 1);
}

#[test]
fn a_broken_pipe_on_stdout_is_not_reported() {
    let directory = DataDirectory::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = directory.command(PROGRAM, &[]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    assert!(directory.is_untouched());
}

#[test]
fn a_report_is_delivered_even_without_a_spool() {
    let service = RecordingService::start();
    let mut command = DataDirectory::new().command(PROGRAM, &["error"]);
    command.env_remove("XDG_DATA_HOME").env("AUTOHEAL_URL", &service.url);
    assert_eq!(command.output().unwrap().status.code(), Some(1));
    assert_eq!(service.next().report["error_type"], "PriceError");
}
