//! Messages that are not quite what they should be, and what is told of them all the same.

use super::*;

#[test]
fn a_request_that_cannot_be_answered_is_not_waited_for() {
    let mut story = Story::ready();
    story.asks(r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"divide"}}"#);
    story.nothing();
}

#[test]
fn ids_are_the_same_however_they_are_written() {
    for (asked, answered) in [
        (r#""tools/1""#, r#""tools\/1""#),
        (r#""grün""#, r#""gr\u00fcn""#),
        ("1", "1.0"),
        ("1.0", "1"),
        (r#""a\\b""#, r#""a\u005cb""#),
    ] {
        let mut story = Story::ready();
        story.asks(&format!(
            r#"{{"jsonrpc":"2.0","id":{asked},"method":"tools/call","params":{{"name":"divide","_meta":{{"progressToken":{asked}}}}}}}"#
        ));
        story.after(100_000).answers(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{answered},"progress":1}}}}"#
        ));
        story.after(100_000).answers(&format!(r#"{{"jsonrpc":"2.0","id":{answered},"result":{{"isError":true}}}}"#));
        assert_eq!(class(&story.only()), "tool_failure", "{asked} {answered}");
    }
    let mut story = Story::ready();
    // beyond what a float can tell apart
    story.asks(r#"{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"divide"}}"#);
    story.answers(r#"{"jsonrpc":"2.0","id":9007199254740992.0,"result":{"isError":true}}"#);
    assert_eq!(class(&story.only()), "no_answer");
}
