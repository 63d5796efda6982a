//! The fingerprints that version 1 gave these reports. They must never change.

use serde_json::json;

use crate::fingerprint::tests::prepared;

#[test]
fn the_fingerprints_of_version_1_stay() {
    let python = "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    run()\n  \
                  File \"/app/shop/cart.py\", line 9, in run\n    x\nKeyError: 'price'";
    let javascript = "TypeError: x\n    at cartTotal (https://a.test/assets/index-BkX3d9Zq.js:33:22)\n    \
                      at https://a.test/assets/main.3f2a1b9c.js:1:5";
    let cases = [
        (
            json!({
                "error_type": "TypeError", "stack_trace": javascript,
                "error_message": "Cannot read properties of undefined (reading 'total')",
            }),
            "c82b131ff983786931a4c84c6124efa5",
        ),
        (
            json!({
                "error_type": "TypeError",
                "error_message": "Load failed after 1503 ms at 2024-01-31T10:20:30Z from /home/ann/x for req_8f3a9c1d \
                                  v1.2.3 status 503",
            }),
            "d4348f7a2c9c5477eafa6a96898ada5b",
        ),
        (
            json!({
                "error_type": "KeyError", "error_message": "'price'", "source": "cli", "stack_trace": python,
                "command": "/usr/bin/python shop.py",
            }),
            "5f9834237723bfbf013f2d23dfdb0744",
        ),
        (
            json!({
                "error_type": "exit code 1", "error_message": "No such file: db.example.com:5432", "source": "cli",
                "command": "/usr/bin/shop --all",
            }),
            "f66e1b6bca7cd1564a2a25482b433944",
        ),
        (
            json!({
                "error_type": "ToolError", "error_message": "user 550e8400-e29b-41d4-a716-446655440000 gone",
                "source": "mcp_resource", "class": "tool_failure",
                "rpc": {"method": "resources/read", "tool": "demo://users/41", "code": -32603},
            }),
            "613e0366928ba8783fa89e7b92663f97",
        ),
        (
            json!({
                "error_type": "X", "error_message": "down", "source": "mcp_protocol", "class": "server_exit",
                "exit": {"code": 3}, "rpc": {"tool": "divide"},
            }),
            "77ec64c67bbcdbb65db59377f4cd606e",
        ),
    ];
    for (report, fingerprint) in cases {
        assert_eq!(prepared(&report).previous_fingerprint().to_string(), fingerprint, "{report}");
    }
}
