//! Calls right after one another: what the server prints for one is not reported with another, in whatever order the threads
//! that read the pipes pass it in.

use super::*;

/// What happened, and the moment at which it did.
#[derive(Clone, Copy)]
enum Event {
    Calls(u32, &'static str),
    Prints(&'static str),
    Fails(u32, &'static str),
}

const KEY_ERROR: &str = "Traceback (most recent call last):\n  File \"/srv/shop/tools.py\", line 9, in first\n    d['a']\nKeyError: 'lamp'\n";

/// One microsecond lies between two events. They are passed in in the given order.
fn check(order: [usize; 5]) {
    let events = [
        Event::Calls(1, "first"),
        Event::Prints(KEY_ERROR),
        Event::Fails(1, "'lamp'"),
        Event::Calls(2, "second"),
        Event::Fails(2, "out of stock"),
    ];
    let mut story = Story::ready();
    let begin = story.after(1).now;
    for index in order {
        story.now = begin.plus(Duration::from_micros(index as u64));
        match events[index] {
            Event::Calls(id, tool) => drop(story.calls(id, tool)),
            Event::Prints(text) => story.prints(text),
            Event::Fails(id, text) => story.fails(id, text),
        }
    }
    let reports = story.reports();
    let types: Vec<(&str, &str)> = reports
        .iter()
        .map(|report| (report.rpc.as_ref().unwrap().tool.as_deref().unwrap(), report.error_type.as_str()))
        .collect();
    assert_eq!(types, [("first", "KeyError"), ("second", "ToolError")], "{order:?}");
    assert!(reports[0].stack_trace.is_some() && reports[1].stack_trace.is_none(), "{order:?}");
    assert_eq!(context(&reports[0], "stack_from").and_then(Json::as_str), Some("stderr"), "{order:?}");
}

#[test]
fn the_stack_stays_with_its_call() {
    check([0, 1, 2, 3, 4]);
    // standard error is read late
    check([0, 2, 1, 3, 4]);
    check([0, 2, 3, 1, 4]);
    check([0, 2, 3, 4, 1]);
    // the requests are seen late or early
    check([2, 0, 3, 1, 4]);
    check([0, 3, 2, 4, 1]);
    check([0, 3, 1, 2, 4]);
    check([1, 0, 2, 4, 3]);
}

#[test]
fn what_a_server_prints_after_its_response_is_its_calls_until_the_next_one() {
    let mut story = Story::ready();
    story.calls(1, "first");
    story.after(1).fails(1, "'lamp'");
    story.after(20).prints(KEY_ERROR);
    story.after(20).calls(2, "second");
    story.after(1).fails(2, "out of stock");
    let types: Vec<String> = story.reports().into_iter().map(|report| report.error_type).collect();
    assert_eq!(types, ["KeyError", "ToolError"]);
}
