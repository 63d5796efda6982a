//! Tests of each rule both ways, on whole reports.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::rules::Rules;
use crate::validate::{Arrival, Client, Sender};
use crate::{ScrubLevel, Timestamp, prepare_with};
use autoheal_contract::limits::DEFAULT_PROJECT;

const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

fn rules(rules: Value) -> Rules {
    let rules: Rules = serde_json::from_value(rules).unwrap();
    rules.check().unwrap();
    rules.for_service_at("https://errors.example")
}

/// A report of a usual browser on a usual page, with these members instead of its own.
fn noise(rules: &Rules, members: Value) -> Option<String> {
    let mut report = json!({
        "error_type": "TypeError",
        "error_message": "cart is undefined",
        "stack_trace": "TypeError: cart is undefined\n    at pay (https://shop.example/cart.js:3:4)",
        "context": {"userAgent": CHROME, "url": "https://shop.example/cart"},
    });
    for (name, value) in members.as_object().unwrap() {
        report[name] = value.clone();
    }
    let raw = RawValue::from_string(report.to_string()).unwrap();
    let project = DEFAULT_PROJECT.to_owned();
    let arrival = Arrival { project, sender: Sender::Anonymous, client: Client::Own, received_at: Timestamp(0) };
    prepare_with(&raw, arrival, ScrubLevel::Standard, rules).unwrap().noise().map(str::to_owned)
}

fn on_page(url: &str, user_agent: &str) -> Value {
    json!({"context": {"userAgent": user_agent, "url": url}})
}

fn with_stack(frames: &str) -> Value {
    json!({"stack_trace": format!("TypeError: cart is undefined\n{frames}")})
}

fn typed(error_type: &str, message: &str) -> Value {
    json!({"error_type": error_type, "error_message": message, "stack_trace": null})
}

#[test]
fn each_rule_recognises_its_kind() {
    let rules = rules(json!({}));
    for (members, expected) in [
        (
            with_stack("    at a (chrome-extension://abcdef/content.js:1:2)\n    at b (https://shop.example/a.js:1:2)"),
            "extension",
        ),
        (with_stack("    at Array.map (<anonymous>)\n    at a (moz-extension://abc/content.js:1:2)"), "extension"),
        (with_stack("a@webkit-masked-url://hidden/:1:2"), "extension"),
        (typed("TypeError", "undefined is not an object (evaluating '__gCrWeb.autofill.x')"), "extension"),
        (
            on_page(
                "https://shop.example/",
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            ),
            "crawler",
        ),
        (typed("UnhandledRejection", "Object Not Found Matching Id:2, MethodName:update, ParamCount:4"), "crawler"),
        (on_page("http://localhost:3000/cart", CHROME), "localhost"),
        (on_page("http://127.0.0.1/", CHROME), "localhost"),
        (on_page("http://[::1]:8080/", CHROME), "localhost"),
        (on_page("http://shop.localhost/", CHROME), "localhost"),
        (
            on_page("https://shop.example/", "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"),
            "ancient_browser",
        ),
        (typed("Error", "Script error."), "script_error"),
        (typed("Error", "Uncaught Script error"), "script_error"),
        (typed("AbortError", "The user aborted a request."), "leaving_page"),
        (typed("AbortError", "signal is aborted without reason"), "leaving_page"),
        (typed("TypeError", "cancelled"), "leaving_page"),
        (typed("Error", "ResizeObserver loop completed with undelivered notifications."), "resize_observer"),
    ] {
        assert_eq!(noise(&rules, members.clone()).as_deref(), Some(expected), "{members}");
    }
}

#[test]
fn failures_that_look_alike_are_no_noise() {
    let rules = rules(json!({}));
    for members in [
        json!({}),
        // the application calls an extension's function, or a failed call passed one
        with_stack("    at pay (https://shop.example/a.js:1:2)\n    at b (chrome-extension://abcdef/inject.js:1:2)"),
        json!({"class": "network", "stack_trace": "TypeError: x\n    at fetch (chrome-extension://abcdef/inject.js:1:2)"}),
        on_page("https://localhost.example/", CHROME),
        on_page("https://shop.example/?next=http://localhost/", CHROME),
        on_page("https://shop.example/", "Node.js/22"),
        typed("TypeError", "Failed to fetch"),
        typed("TypeError", "order cancelled"),
        typed("Error", "The user aborted a request."),
        typed("Error", "Script error in line 4"),
        json!({"error_message": "Script error.", "stack_trace": "Error: Script error.\n    at a (https://shop.example/a.js:1:2)"}),
        // a program's failure, whatever it printed
        json!({"source": "cli", "error_type": "AbortError", "error_message": "The operation was aborted"}),
    ] {
        assert_eq!(noise(&rules, members.clone()), None, "{members}");
    }
}

#[test]
fn a_service_on_this_machine_takes_pages_of_this_machine() {
    let local: Rules = serde_json::from_value(json!({})).unwrap();
    assert_eq!(noise(&local, on_page("http://localhost:3000/cart", CHROME)), None);
    let local = local.for_service_at("http://localhost:8000");
    assert_eq!(noise(&local, on_page("http://localhost:3000/cart", CHROME)), None);
}

#[test]
fn the_operator_switches_rules_off_and_adds_own_ones() {
    let rules = rules(json!({"noise": {
        "off": ["crawler", "localhost"],
        "rule": [{"name": "old kiosk", "user_agent": "*Kiosk/1.*"}, {"name": "ads", "file": "*/ads.js", "message": "*blocked*"}],
    }}));
    let crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    assert_eq!(noise(&rules, on_page("https://shop.example/", crawler)), None);
    assert_eq!(noise(&rules, on_page("http://localhost/", CHROME)), None);
    assert_eq!(noise(&rules, on_page("https://shop.example/", "Kiosk/1.2 Kiosk/1.3")).as_deref(), Some("old kiosk"));
    let ads = json!({"error_message": "was blocked", "stack_trace": "Error: was blocked\n    at a (https://cdn.example/ads.js:1:2)"});
    assert_eq!(noise(&rules, ads).as_deref(), Some("ads"));
    assert_eq!(noise(&rules, json!({"error_message": "was blocked"})), None);
    for (wrong, reason) in [
        (
            json!({"noise": {"rule": [{"name": "all"}]}}),
            "noise rule 1 (all) has no condition, so every report would be noise",
        ),
        (json!({"noise": {"rule": [{"name": " ", "message": "x"}]}}), "noise rule 1 has an empty name"),
    ] {
        let rules: Rules = serde_json::from_value(wrong).unwrap();
        assert_eq!(rules.check().unwrap_err(), reason);
    }
    serde_json::from_value::<Rules>(json!({"noise": {"off": ["crawlers"]}})).unwrap_err();
}
