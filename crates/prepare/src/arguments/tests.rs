//! Arguments in messages, and what only looks like one.

use serde_json::{Value, json};

use crate::fingerprint::tests::prepared;
use crate::headline;

fn report(tool: &str, arguments: &Value, message: &str) -> Value {
    json!({
        "error_type": "ToolError", "error_message": format!("{tool}: {message}"), "source": "mcp_tool",
        "class": "tool_failure",
        "rpc": {"method": "tools/call", "tool": tool, "params": {"name": tool, "arguments": arguments}},
    })
}

/// Asserts the title's message, without the tool.
fn check(arguments: Value, message: &str, expected: &str) {
    let prepared = prepared(&report("find", &arguments, message));
    let (_, title) = headline(prepared.report());
    assert_eq!(title.strip_prefix("find: ").unwrap(), expected, "{message}");
}

/// Asserts that the calls are one group.
fn same(tool: &str, calls: &[(Value, &str)]) {
    let prints: Vec<_> = calls
        .iter()
        .map(|(arguments, message)| {
            let prepared = prepared(&report(tool, arguments, message));
            (prepared.fingerprint(), prepared.parts().to_vec())
        })
        .collect();
    assert!(prints.iter().all(|(print, _)| *print == prints[0].0), "{prints:#?}");
}

#[test]
fn one_failure_with_other_arguments_is_one_group() {
    same(
        "find",
        &[
            (json!({"name": "ann"}), "no customer called ann in the register"),
            (json!({"name": "Bob Smith"}), "no customer called Bob Smith in the register"),
            (json!({"name": "李雷"}), "no customer called 李雷 in the register"),
            (json!({"name": "17"}), "no customer called 17 in the register"),
            (json!({"name": "o'neil"}), "no customer called o'neil in the register"),
            (json!({"name": "ZOE"}), "no customer called zoe in the register"),
            (json!({"name": "zoe@shop.example"}), "no customer called zoe@shop.example in the register"),
        ],
    );
    same(
        "add_observations",
        &[
            (json!({"observations": [{"entityName": "Ann", "contents": ["x"]}]}), "Entity with name Ann not found"),
            (json!({"observations": [{"entityName": "Cart", "contents": ["y"]}]}), "Entity with name Cart not found"),
        ],
    );
    same(
        "kubectl_get",
        &[
            (
                json!({"namespace": "team-a", "kind": "pods"}),
                "Error from server (NotFound): namespaces \"team-a\" not found",
            ),
            (
                json!({"namespace": "blue", "kind": "pods"}),
                "Error from server (NotFound): namespaces \"blue\" not found",
            ),
            (json!({"namespace": "x", "kind": "pods"}), "Error from server (NotFound): namespaces \"x\" not found"),
        ],
    );
    same(
        "scale",
        &[
            (json!({"target": "web"}), "cannot scale deployments/web now"),
            (json!({"target": "api-gateway"}), "cannot scale deployments/api-gateway now"),
        ],
    );
    same(
        "tag",
        &[
            (json!({"tags": ["red", "blue"]}), "unknown tags: red, blue"),
            (json!({"tags": ["green"]}), "unknown tags: green"),
            (json!({"tags": ["a1", "violet", "pink"]}), "unknown tags: violet, pink"),
        ],
    );
    same(
        "order",
        &[
            (json!({"order": 404}), "no order 404 in the book"),
            (json!({"order": 12_345}), "no order 12345 in the book"),
            (json!({"order": 7}), "no order 7 in the book"),
        ],
    );
    // a server that completes a path, and one that repeats it
    same(
        "read_file",
        &[
            (json!({"path": "notes.txt"}), "ENOENT: no such file or directory, open '/srv/data/notes.txt'"),
            (json!({"path": "/srv/data/b.txt"}), "ENOENT: no such file or directory, open '/srv/data/b.txt'"),
        ],
    );
}

#[test]
fn other_failures_stay_other_groups() {
    let print = |arguments: Value, message: &str| prepared(&report("find", &arguments, message)).fingerprint();
    let ann = json!({"name": "ann"});
    assert_ne!(print(ann.clone(), "no customer called ann"), print(ann.clone(), "ann is locked"));
    assert_ne!(print(ann.clone(), "HTTP 404"), print(ann, "HTTP 500"));
    let status = |status: u32| json!({ "limit": status });
    assert_ne!(print(status(404), "failed with HTTP 404"), print(status(500), "failed with HTTP 500"));
}

#[test]
fn titles_hold_no_argument() {
    check(
        json!({"name": "ann"}),
        "no customer called ann in the register",
        "no customer called <argument> in the register",
    );
    check(json!({"path": "ann/notes.txt"}), "open '/home/x/ann/notes.txt'", "open '/home/<user>/<path>'");
    check(json!({"q": {"deep": [{"who": "ann"}]}}), "ann: twice ann", "<argument>: twice <argument>");
    check(
        json!({"text": "a \"b\"\nc"}),
        r#"cannot parse {"text":"a \"b\"\nc"}"#,
        r#"cannot parse {"text":"<argument>"}"#,
    );
    check(json!({"name": "it's"}), r"no 'it\'s' here", "no '<argument>' here");
    check(json!({"order": 12_345}), "no order 12345, sorry", "no order <argument>, sorry");
}

#[test]
fn what_only_looks_like_an_argument_stays() {
    for (arguments, message) in [
        // a part of a word
        (json!({"name": "ann"}), "cannot plan the annual banner"),
        // short, and not in quotes
        (json!({"unit": "a"}), "not a number"),
        (json!({"unit": "to"}), "failed to connect"),
        // words of messages
        (json!({"mode": "file"}), "file not found"),
        (json!({"mode": "error"}), "internal error"),
        // numbers that are codes, parts of numbers, or short
        (json!({"limit": 404}), "HTTP 404: gone"),
        (json!({"limit": 137}), "exit code 137"),
        (json!({"limit": 100}), "1000 or 100.5 or 2100"),
        (json!({"limit": 5}), "at most 5 tries"),
        // never
        (json!({"force": true, "name": null}), "true is not null"),
        (json!({"name": "token"}), "bad <token> given"),
        (json!({}), "nothing"),
    ] {
        check(arguments, message, message);
    }
    check(json!({"unit": "a"}), "unknown unit 'a'", "unknown unit '<argument>'");
    check(json!({"mode": "file"}), "unknown mode \"file\"", "unknown mode \"<argument>\"");
    // the tool's own name
    let report = report("divide", &json!({"operation": "divide"}), "cannot divide");
    assert_eq!(headline(prepared(&report).report()).1, "divide: cannot <argument>");
}

#[test]
fn both_ends_of_a_call_are_one_group_without_its_arguments() {
    let page = |who: &str| {
        json!({
            "error_type": "MCPError", "error_message": format!("no customer called {who}"), "class": "tool_failure",
            "stack_trace": "MCPError: x\n    at checkout (https://shop.example/cart.js:3:7)",
            "rpc": {"method": "tools/call", "params": {"name": "find", "arguments": {"who": who}}},
        })
    };
    let server = report("find", &json!({"who": "bob"}), "no customer called bob");
    let prints = [prepared(&page("ann")), prepared(&page("zoe")), prepared(&server)].map(|report| report.fingerprint());
    assert!(prints.iter().all(|print| *print == prints[0]));
    let page = prepared(&page("ann"));
    assert_eq!(headline(page.report()).1, "find: no customer called <argument>");
}

#[test]
fn the_address_of_a_resource_is_an_argument() {
    let print = |uri: &str, message: &str| {
        let report = json!({
            "error_type": "ResourceError", "error_message": format!("{uri}: {message}"), "source": "mcp_resource",
            "class": "resource_failure", "rpc": {"method": "resources/read", "tool": uri, "params": {"uri": uri}},
        });
        prepared(&report).fingerprint()
    };
    assert_eq!(print("users://ann", "no user ann"), print("users://bob", "no user bob"));
}

#[test]
fn a_group_of_the_same_message_with_its_arguments_is_found() {
    let prepared = prepared(&report("find", &json!({"name": "ann"}), "no customer called ann"));
    let without_params = crate::fingerprint::tests::prepared(&json!({
        "error_type": "ToolError", "error_message": "find: no customer called ann", "source": "mcp_tool",
        "class": "tool_failure", "rpc": {"method": "tools/call", "tool": "find"},
    }));
    assert_eq!(prepared.former_fingerprints(), [without_params.fingerprint()]);
    assert!(without_params.former_fingerprints().is_empty());
}

#[test]
fn large_arguments_cost_little() {
    let arguments: Vec<String> = (0..5_000).map(|number| format!("value-{number}-x")).collect();
    let message = "value-7-x ".repeat(900);
    let began = std::time::Instant::now();
    prepared(&report("find", &json!({ "all": arguments }), &message));
    assert!(began.elapsed().as_secs() < 5);
}
