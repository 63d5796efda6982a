//! Tests of reports of commands whose sender did not find the error.

use autoheal_contract::{ErrorReport, LogLine, Source};

use super::read_again;

fn report(error_type: &str, message: &str, stack: Option<&str>, logs: &str) -> ErrorReport {
    let line = |line: &str| LogLine { timestamp: None, level: Some("stderr".to_owned()), message: line.to_owned() };
    ErrorReport {
        error_type: error_type.to_owned(),
        error_message: message.to_owned(),
        stack_trace: stack.map(str::to_owned),
        source: Some(Source::Cli),
        logs: logs.lines().map(line).collect(),
        ..ErrorReport::default()
    }
}

#[track_caller]
fn check(mut report: ErrorReport, error_type: &str, message: &str) {
    let before = report.clone();
    let sent = read_again(&mut report).expect("the error must be replaced");
    assert_eq!((report.error_type.as_str(), report.error_message.as_str()), (error_type, message));
    assert_eq!((sent.error_type, sent.error_message), (before.error_type, before.error_message));
    assert_eq!(sent.stack_trace, before.stack_trace);
    // what was found is found again
    assert_eq!(read_again(&mut report), None);
}

#[track_caller]
fn check_unchanged(mut report: ErrorReport) {
    let before = report.clone();
    assert_eq!(read_again(&mut report), None);
    assert_eq!(report, before);
}

#[test]
fn a_last_line_gives_way_to_the_error_above_it() {
    let deno = "error: Uncaught (in promise) TypeError: no cart\nfunction f() {}\n         ^\n    at f (file:///srv/a.ts:2:49)\n    \
                at file:///srv/a.ts:7:12";
    check(report("exit code 1", "at file:///srv/a.ts:7:12", None, deno), "TypeError", "no cart");
    let make = "a.c:1:2: error: no price\nmake: *** [Makefile:3: a.o] Error 1";
    check(
        report("exit code 2", "make: *** [Makefile:3: a.o] Error 1", None, make),
        "exit code 2",
        "a.c:1:2: error: no price",
    );
    let abort = "terminate called after throwing an instance of 'std::runtime_error'\n  what():  no price";
    check(
        report("SIGABRT", "shop was ended by SIGABRT: aborted by itself", None, abort),
        "std::runtime_error",
        "no price",
    );
}

#[test]
fn an_error_that_the_program_survived_gives_way_to_the_one_that_ended_it() {
    let ended = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in <module>\n    main()\nValueError: no price";
    let other = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 9, in __del__\n    self.x\n\
                 AttributeError: 'Watcher' object has no attribute 'x'";
    let (name, message) = ("AttributeError", "'Watcher' object has no attribute 'x'");
    for above in [
        "Exception ignored in: <function Watcher.__del__ at 0x7f11>",
        "Task exception was never retrieved\nfuture: <Task finished name='Task-2' coro=<f() done> exception=X()>",
    ] {
        check(report(name, message, Some(other), &format!("{ended}\n{above}")), "ValueError", "no price");
        check_unchanged(report(name, message, Some(other), above));
    }
    check_unchanged(report(name, message, Some(other), ended));
}

#[test]
fn a_replaced_stack_becomes_log_lines() {
    let ended = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in f\nValueError: no price";
    let other = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 9, in __del__\nAttributeError: x";
    let logs = format!("{ended}\nException ignored in: <function Watcher.__del__ at 0x7f11>");
    let mut report = report("AttributeError", "x", Some(other), &logs);
    assert!(read_again(&mut report).is_some());
    assert_eq!(report.stack_trace.as_deref(), Some(ended));
    assert_eq!(report.logs.last().map(|line| line.message.as_str()), Some("AttributeError: x"));
}

#[test]
fn an_error_is_not_replaced_by_a_guess() {
    check_unchanged(report("exit code 3", "done", None, "starting\ncannot say\ndone"));
    check_unchanged(report("SIGKILL", "shop was ended by SIGKILL", None, "loading\nit failed"));
    check_unchanged(report("ValueError", "no price", None, "error: a\nfatal: b"));
}

#[test]
fn reports_of_other_sources_stay() {
    let mut page = report("exit code 1", "x", None, "fatal: no price");
    page.source = Some(Source::JavascriptSdk);
    check_unchanged(page);
}
