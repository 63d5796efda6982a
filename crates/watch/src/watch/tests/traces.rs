//! The trace of a call in its report, from `_meta` or the header.

use autoheal_contract::Trace;

use super::*;

const OF_META: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OF_HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The trace in the report of a call with this `_meta`, in a request with this header.
fn reported(meta: &str, header: Option<&str>) -> Option<String> {
    let mut story = Story::ready();
    let scope = Scope { trace: header.and_then(Trace::parse), ..ON_STDIO };
    let params = format!(r#"{{"name":"divide","arguments":{{"a":1}},"_meta":{meta}}}"#);
    let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    story.watch.from_client(scope, &Message::Whole(call.as_bytes()), story.now);
    story.fails(1, "division by zero");
    let report = story.only_report();
    let reproduction = report.reproduction.unwrap();
    assert!(!reproduction.contains("traceparent"), "a repeated call is another one: {reproduction}");
    report.trace.map(|trace| trace.to_string())
}

#[test]
fn the_report_names_the_trace_of_the_call() {
    let meta = format!(r#"{{"progressToken":"p1","traceparent":"{OF_META}"}}"#);
    assert_eq!(reported(&meta, None).as_deref(), Some(OF_META));
    assert_eq!(reported(&meta, Some(OF_HEADER)).as_deref(), Some(OF_META), "it names the call, the header the request");
    assert_eq!(reported("{}", Some(OF_HEADER)).as_deref(), Some(OF_HEADER));
}

#[test]
fn a_trace_of_another_form_is_ignored() {
    for traceparent in [r#""00-x""#, "7", "null", "[]", r#"{"a":1}"#] {
        let meta = format!(r#"{{"traceparent":{traceparent}}}"#);
        assert_eq!(reported(&meta, None), None, "{traceparent}");
        assert_eq!(reported(&meta, Some(OF_HEADER)).as_deref(), Some(OF_HEADER), "{traceparent}");
    }
}
