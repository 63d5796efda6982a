//! Servers that report errors as text: recorded on request, as quiet as callers' errors.

use super::*;

fn answers(story: &mut Story, id: u32, text: &str) {
    let text = serde_json::to_string(text).unwrap();
    story.calls(id, "query");
    story.server_sends(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":{text}}}]}}}}"#
    ));
}

#[test]
fn an_error_as_text_is_recorded_only_on_request() {
    for text in ["Database error: no such table: orders", "TypeError: fetch failed", r#"{"error":"quota exceeded"}"#] {
        let mut story = Story::ready();
        answers(&mut story, 1, text);
        story.no_report();
        story.watch.setup.soft_errors = true;
        answers(&mut story, 2, text);
        let report = story.only_report();
        assert_eq!(
            (class(&report), report.error_message.as_str()),
            ("caller_error", format!("query: {text}").as_str())
        );
        answers(&mut story, 3, "42 rows");
        answers(&mut story, 4, "The error log is empty");
        story.no_report();
    }
}
