//! Servers behind gateways: an outage is one failure, whichever calls were made.

use super::*;

#[test]
fn the_outage_of_a_server_behind_a_gateway_is_one_failure() {
    let mut story = Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
    for (id, tool) in [(1, "divide"), (2, "multiply"), (3, "add")] {
        story.calls(id, tool);
        story.server_sends(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"MCP server process failed"}}}}"#
        ));
    }
    story.client_sends(r#"{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"demo://a"}}"#);
    story.server_sends(r#"{"jsonrpc":"2.0","id":4,"error":{"code":-32603,"message":"MCP server process failed"}}"#);
    let report = story.only_report();
    assert_eq!((report.count, report.source), (Some(4), Some(Source::McpProtocol)));
    assert_eq!((class(&report), report.error_message.as_str()), ("protocol_error", "MCP server process failed"));
}

#[test]
fn repeats_with_other_arguments_are_one_report() {
    let mut story = Story::ready();
    for (id, name) in [(1, "ann"), (2, "zoe"), (3, "Bob Smith")] {
        story.client_sends(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"divide","arguments":{{"who":"{name}"}}}}}}"#
        ));
        story.fails(id, &format!("no customer called {name} in the register"));
    }
    let report = story.only_report();
    assert_eq!(
        (report.count, report.error_message.as_str()),
        (Some(3), "divide: no customer called ann in the register")
    );
}
