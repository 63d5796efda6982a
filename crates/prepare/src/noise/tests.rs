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
        (with_stack("    at a (chrome-extension://abcdef/content.js:1:2)"), "extension"),
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
        (on_page("http://shop.localhost:4200/", CHROME), "localhost"),
        (on_page("https://localhost:3000/cart", CHROME), "localhost"),
        (on_page("http://0.0.0.0:8080/", CHROME), "localhost"),
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
fn noise_that_the_client_caught_is_recognised() {
    let rules = rules(json!({}));
    let of_class = |class: &str, mut members: Value| {
        members["class"] = json!(class);
        members
    };
    let in_extension = with_stack("    at a (chrome-extension://abcdef/content.js:1:2)");
    for (members, expected) in [
        (of_class("uncaught", in_extension.clone()), "extension"),
        (of_class("unhandled_rejection", in_extension.clone()), "extension"),
        (of_class("reported", in_extension), "extension"),
        (of_class("uncaught", typed("ReferenceError", "Can't find variable: __firefox__")), "extension"),
        (of_class("uncaught", typed("Error", "Uncaught ReferenceError: zaloJSV2 is not defined")), "extension"),
        (of_class("unhandled_rejection", typed("AbortError", "Fetch is aborted")), "leaving_page"),
        // Firefox ends its message with a space
        (of_class("unhandled_rejection", typed("AbortError", "The operation was aborted. ")), "leaving_page"),
        (of_class("unhandled_rejection", typed("AbortError", "BodyStreamBuffer was aborted")), "leaving_page"),
        (of_class("unhandled_rejection", typed("AxiosError", "Request aborted")), "leaving_page"),
        (of_class("unhandled_rejection", typed("CanceledError", "canceled")), "leaving_page"),
        (of_class("unhandled_rejection", typed("TypeError", "cancelado")), "leaving_page"),
        (
            of_class(
                "unhandled_rejection",
                typed("AbortError", "Failed to execute 'fetch' on 'Window': The user aborted a request."),
            ),
            "leaving_page",
        ),
        (
            of_class(
                "unhandled_rejection",
                typed("AbortError", "Failed to execute 'share' on 'Navigator': Share canceled"),
            ),
            "leaving_page",
        ),
        (of_class("uncaught", typed("Error", "Uncaught Error: ResizeObserver loop limit exceeded")), "resize_observer"),
    ] {
        assert_eq!(noise(&rules, members.clone()).as_deref(), Some(expected), "{members}");
    }
}

#[test]
fn crawlers_that_name_a_page_about_themselves_are_recognised() {
    let rules = rules(json!({}));
    for user_agent in [
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 \
         Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 \
         Acme-Monitor/2.0 (+https://acme.example/monitor)",
        "AcmeCheck/1.0 (+https://acme.example)",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile \
         Safari/537.36 (compatible; Google-InspectionTool/1.0;)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Acme/1.0) Chrome/141.0.0.0 \
         Safari/537.36",
    ] {
        let page = on_page("https://shop.example/", user_agent);
        assert_eq!(noise(&rules, page).as_deref(), Some("crawler"), "{user_agent}");
    }
}

#[test]
fn browsers_within_applications_are_no_crawlers() {
    let rules = rules(json!({}));
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
    let pixel = "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0";
    for user_agent in [
        format!("{iphone} Mobile/15E148 ShopApp/2.1 (+https://shop.example)"),
        format!("{pixel} Chrome/130.0.0.0 Mobile Safari/537.36 ShopApp/2.1 (+https://shop.example)"),
        format!("{iphone} Mobile/15E148 [FBAN/FBIOS;FBAV/450.0.0.38.108;FBBV/564431005;FBDV/iPhone14,2]"),
        format!("{iphone} Mobile/15E148 [LinkedInApp]/9.29"),
        format!("{iphone} Mobile/15E148 [Pinterest/iOS]"),
        format!("{iphone} Mobile/15E148 Instagram 330.0.0"),
        format!("{iphone} Version/17.0 Mobile/15E148 Safari/604.1 Twitter for iPhone/10.30"),
        "Mozilla/5.0 (compatible; Konqueror/4.14; Linux) KHTML/4.14.2 (like Gecko)".to_owned(),
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile \
         Safari/537.36"
            .to_owned(),
    ] {
        assert_eq!(noise(&rules, on_page("https://shop.example/", &user_agent)), None, "{user_agent}");
    }
}

#[test]
fn applications_that_are_packaged_are_no_local_pages() {
    let rules = rules(json!({}));
    for url in [
        "https://localhost/",
        "http://localhost/",
        "http://localhost/cart?from=http://localhost:3000/",
        "capacitor://localhost",
        "ionic://localhost/tabs",
        "tauri://localhost",
        "http://tauri.localhost/",
        "https://tauri.localhost/",
        "http://wails.localhost/",
        "app://localhost:3000/",
        "file:///android_asset/www/index.html",
        "file:///opt/shop/resources/app.asar/index.html",
        "file:///C:/Program%20Files/Shop/resources/app.asar/index.html",
        "http://localhost:3000@shop.example/",
        "http://localhost:/",
        "http://192.168.1.4:3000/",
        "http://localhost.shop.example:3000/",
        "",
    ] {
        assert_eq!(noise(&rules, on_page(url, CHROME)), None, "{url}");
    }
    // they also serve their pages from a port of the machine
    for user_agent in [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Shop/1.0 Chrome/130.0.0.0 Electron/33.0.0 \
         Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 \
         Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    ] {
        assert_eq!(noise(&rules, on_page("http://localhost:8080/", user_agent)), None, "{user_agent}");
    }
}

#[test]
fn an_application_that_is_an_extension_has_failures() {
    let own = |frames: &str, url: &str| {
        let mut members = with_stack(frames);
        members["context"] = json!({"userAgent": CHROME, "url": url});
        members
    };
    let rules_without = rules(json!({}));
    for members in [
        own("    at a (chrome-extension://abcdef/popup.js:1:2)", "chrome-extension://abcdef/popup.html"),
        own("a@moz-extension://1b2c/popup.js:1:2", "moz-extension://1b2c/popup.html"),
        // Safari hides which extension a file is of
        own("a@webkit-masked-url://hidden/:1:2", "safari-web-extension://1B2C/popup.html"),
        json!({"error_message": "Extension context invalidated.", "stack_trace": null,
            "context": {"url": "chrome-extension://abcdef/popup.html"}}),
    ] {
        assert_eq!(noise(&rules_without, members.clone()), None, "{members}");
    }
    // its scripts in pages of others, which only the operator can know
    let included = rules(json!({"in_app": {"include": ["chrome-extension://abcdef/*"]}}));
    let page = "https://other.example/";
    let content = own("    at a (chrome-extension://abcdef/content.js:1:2)", page);
    assert_eq!(noise(&included, content.clone()), None);
    assert_eq!(noise(&rules_without, content).as_deref(), Some("extension"));
    let others = own("    at a (chrome-extension://ghijkl/content.js:1:2)", page);
    assert_eq!(noise(&included, others).as_deref(), Some("extension"));
}

#[test]
fn the_servers_own_failure_is_none_of_the_browser() {
    let rules = rules(json!({}));
    for user_agent in [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    ] {
        let members = json!({
            "class": "tool_failure", "error_type": "ToolError", "error_message": "no such table: cart",
            "rpc": {"method": "tools/call", "tool": "pay"},
            "context": {"userAgent": user_agent, "url": "https://shop.example/"},
        });
        assert_eq!(noise(&rules, members), None, "{user_agent}");
    }
}

#[test]
fn failures_that_look_alike_are_no_noise() {
    let rules = rules(json!({}));
    let of_class = |class: &str, error_type: &str, message: &str| {
        let mut members = typed(error_type, message);
        members["class"] = json!(class);
        members
    };
    let thrown = |error_type: &str, message: &str| {
        let mut members = typed(error_type, message);
        members["stack_trace"] = json!(format!("{error_type}: {message}\n    at pay (https://shop.example/a.js:1:2)"));
        members
    };
    for members in [
        json!({}),
        // an extension replaced a function that the application calls
        with_stack(
            "    at window.fetch (chrome-extension://abcdef/inject.js:1:2)\n    at b (https://shop.example/a.js:1:2)",
        ),
        with_stack(
            "    at JSON.parse (<anonymous>)\n    at x (moz-extension://abc/a.js:1:2)\n    at b (https://shop.example/a.js:1:2)",
        ),
        with_stack("x@webkit-masked-url://hidden/:1:2\nb@https://shop.example/a.js:1:2"),
        // the library that the application calls is between them and the application lost its frame in a promise
        with_stack(
            "    at fetch (chrome-extension://abcdef/a.js:1:2)\n    at get (https://unpkg.com/axios/axios.js:1:2)",
        ),
        // the database of the page, a service worker, the application's own words
        typed("AbortError", "The transaction was aborted, so the request cannot be fulfilled."),
        typed("AbortError", "AbortError: The transaction was aborted due to error in committing"),
        typed("AbortError", "Transaction aborted: QuotaExceededError"),
        typed("AbortError", "A request was aborted, for example through a call to IDBTransaction.abort."),
        typed("AbortError", "Version change transaction was aborted in upgradeneeded event handler."),
        typed("AbortError", "Failed to register a ServiceWorker: The operation has been aborted"),
        typed("AbortError", "Payment was cancelled by the bank"),
        typed("AbortError", "Checkout aborted: no stock"),
        typed("AxiosError", "Request failed with status code 500"),
        typed("TimeoutError", "signal timed out"),
        thrown("TypeError", "cancelled"),
        thrown("AbortError", "Aborted"),
        typed("AbortError", "Failed to execute 'commit' on 'IDBTransaction': The transaction was aborted"),
        // a program without a source
        json!({"error_type": "AbortError", "error_message": "The operation was aborted.", "stack_trace": null, "context": {}}),
        json!({"error_type": "AbortError", "error_message": "This operation was aborted", "context": {"url": "https://a.example/"},
            "stack_trace": "AbortError: This operation was aborted\n    at node:internal/deps/undici/undici:13510:13"}),
        // the cause is in the application
        json!({"stack_trace": "TypeError: x\n    at a (chrome-extension://abcdef/inject.js:1:2)", "causes": [{
            "error_type": "TypeError", "error_message": "y", "stack_trace": "TypeError: y\n    at b (https://shop.example/a.js:1:2)",
        }]}),
        of_class("network", "AbortError", "The operation was aborted."),
        of_class("timeout", "AbortError", "signal is aborted without reason"),
        of_class("tool_failure", "AbortError", "The user aborted a request."),
        of_class("reported", "AbortError", "The user aborted a request."),
        of_class("checkout", "AbortError", "The user aborted a request."),
        of_class("module", "Error", "Script error."),
        of_class("tool_failure", "ToolError", "ResizeObserver loop limit exceeded"),
        of_class("tool_failure", "ToolError", "Script error."),
        of_class("tool_failure", "TypeError", "__firefox__ is not defined"),
        of_class("application", "MCPError", "Object Not Found Matching Id:2, MethodName:update, ParamCount:4"),
        typed("Error", "Layout failed after ResizeObserver loop limit exceeded"),
        typed("Error", "ResizeObserver loop broke the chart"),
        // names of injected objects in the application's own texts and failures
        typed("Error", "no product matches \"zaloJSV2\""),
        typed("SyntaxError", "Unexpected token in the state of __firefox__"),
        thrown("TypeError", "Cannot redefine property: ethereum"),
        thrown("Error", "Extension context invalidated."),
        typed("Error", "Object Not Found Matching Id: 7 in table carts"),
        thrown("Error", "Object Not Found Matching Id:2, MethodName:update, ParamCount:4"),
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
    for service in [
        "http://localhost:8000",
        "http://[::1]:8000",
        // in the network of the developers
        "http://192.168.1.5:8000",
        "http://10.0.0.5",
        "http://[fd12::5]:8000",
        "http://autoheal:8000",
        "http://host.docker.internal:8000",
        "http://desk.local:8000",
        "https://errors.shop.test",
    ] {
        let local = local.clone().for_service_at(service);
        assert_eq!(noise(&local, on_page("http://localhost:3000/cart", CHROME)), None, "{service}");
    }
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
        (
            json!({"noise": {"rule": [{"name": "stars", "message": "*", "url": "**", "file": ""}]}}),
            "noise rule 1 (stars) has no condition, so every report would be noise",
        ),
        (json!({"noise": {"rule": [{"name": " ", "message": "x"}]}}), "noise rule 1 has an empty name"),
    ] {
        let rules: Rules = serde_json::from_value(wrong).unwrap();
        assert_eq!(rules.check().unwrap_err(), reason);
    }
    serde_json::from_value::<Rules>(json!({"noise": {"off": ["crawlers"]}})).unwrap_err();
}
