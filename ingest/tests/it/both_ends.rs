//! One failing call, reported by the page that made it and by the program around the MCP server: one group.

use autoheal_test_support::service::Request;
use serde_json::{Value, json};

use crate::app::{TestApp, assert_receipts, spawn_app_with};

const KEY: &str = "sender-key-0123456789";

fn of_page() -> Value {
    json!({
        "error_type": "MCPToolError", "error_message": "Error calling tool 'price': no article 17", "class": "tool_failure",
        "stack_trace": "MCPToolError: no article 17\n    at checkOut (https://shop.example/cart.js:41:15)",
        "rpc": {"method": "tools/call", "tool": "price"},
    })
}

fn of_server() -> Value {
    json!({
        "error_type": "KeyError", "error_message": "price: no article 17", "source": "mcp_tool", "class": "tool_failure",
        "stack_trace": "Traceback (most recent call last):\n  File \"/srv/shop.py\", line 7, in price\nKeyError: 17",
        "rpc": {"method": "tools/call", "tool": "price"},
    })
}

async fn keyed(app: &TestApp, report: &Value) {
    let request = Request::report(report.to_string()).header("authorization", &format!("Bearer {KEY}"));
    assert_receipts(&app.send(&request).await, &["accepted"]);
}

#[tokio::test]
async fn the_server_is_shown_whoever_reports_first() {
    for page_first in [true, false] {
        let app = spawn_app_with(|config| {
            config.sender_keys = vec![KEY.to_owned().into()];
        })
        .await;
        if page_first {
            assert_receipts(&app.report(&of_page()).await, &["accepted"]);
            let title = app.only_group().await["group"]["title"].clone();
            assert_eq!(title, "[Auto-Generated] ToolError: price: no article 17");
        }
        keyed(&app, &of_server()).await;
        if !page_first {
            assert_receipts(&app.report(&of_page()).await, &["accepted"]);
        }
        let group = app.only_group().await;
        assert_eq!(group["group"]["title"], "[Auto-Generated] KeyError: price: no article 17");
        assert_eq!(group["group"]["source"], "mcp_tool");
        assert_eq!(group["samples"][0]["report"]["source"], "mcp_tool");
        assert_eq!(group["samples"].as_array().unwrap().len(), 2);
    }
}
