//! Tests of the second recipe: engines, builds and installations that must share a group, and failures that must not.

use serde_json::{Value, json};

use super::{check, with};

/// A page's report from an engine, with the stack as it prints it.
fn page(error_type: &str, message: &str, stack: &str) -> Value {
    json!({"error_type": error_type, "error_message": message, "stack_trace": stack})
}

#[test]
fn three_engines_and_two_builds_are_one_group() {
    let v8 = |file: &str| {
        let stack = format!(
            "TypeError: x\n    at Cart.lineTotal (https://a.test/assets/{file}:33:22)\n    at render (https://a.test/assets/{file}:96:20)\n    \
             at https://a.test/assets/{file}:145:5"
        );
        page("TypeError", "Cannot read properties of undefined (reading 'price')", &stack)
    };
    let firefox = page(
        "TypeError",
        "can't access property \"price\", line.item is undefined",
        "lineTotal@https://a.test/assets/index-k3j5h2x9.js:33:2\nrender@https://a.test/assets/index-k3j5h2x9.js:96:29\n\
         start/</<@https://a.test/assets/index-k3j5h2x9.js:145:5",
    );
    // the caller `render` ended with the call
    let webkit = page(
        "TypeError",
        "undefined is not an object (evaluating 'line.item.price')",
        "lineTotal@https://a.test/assets/index-B_x-9aQz.js:33:21\n@https://a.test/assets/index-B_x-9aQz.js:145:8",
    );
    for other in [v8("index-Cg5q8gZy.js"), firefox, webkit] {
        check(&v8("index-DkpyIYVQ.js"), &other, true);
    }
    let label =
        with(v8("index-DkpyIYVQ.js"), "error_message", json!("Cannot read properties of undefined (reading 'label')"));
    check(&v8("index-DkpyIYVQ.js"), &label, false);
}

#[test]
fn minified_names_do_not_split_and_messages_tell_apart() {
    let minified = |name: &str, caller: &str, message: &str| {
        let file = "https://a.test/assets/index-Cg5q8gZy.js";
        let stack = format!("Error: x\n    at {name} ({file}:1:702)\n    at {caller} ({file}:1:1639)");
        page("TypeError", message, &stack)
    };
    let price = "Cannot read properties of undefined (reading 'price')";
    check(&minified("e", "t", price), &minified("n", "r", price), true);
    let safari = page(
        "TypeError",
        "undefined is not an object (evaluating 'e.item.price')",
        "t@https://a.test/assets/index-DkpyIYVQ.js:1:701\n@https://a.test/assets/index-DkpyIYVQ.js:1:2590",
    );
    check(&minified("e", "render", price), &safari, true);
    check(
        &minified("e", "t", price),
        &minified("e", "t", "Cannot read properties of undefined (reading 'label')"),
        false,
    );
}

#[test]
fn an_errors_own_constructor_is_no_frame() {
    let file = "https://a.test/assets/index-Cg5q8gZy.js";
    let v8 = format!("QuotaError: m\n    at reserve ({file}:56:8)\n    at order ({file}:101:15)");
    let firefox = format!("QuotaError@{file}:51:3\nreserve@{file}:56:8\norder@{file}:101:22");
    check(&page("QuotaError", "m", &v8), &page("QuotaError", "m", &firefox), true);
}

#[test]
fn failures_of_the_network_have_no_place() {
    let chrome =
        page("TypeError", "Failed to fetch", "TypeError: Failed to fetch\n    at load (https://a.test/a.js:3:4)");
    check(&chrome, &json!({"error_type": "TypeError", "error_message": "Load failed"}), true);
}

#[test]
fn wasm_and_hermes_frames_count() {
    let wasm = |stack: &str| page("RuntimeError", "unreachable", stack);
    let chrome = "RuntimeError: unreachable\n    at run (wasm://wasm/8a7b6c5d:wasm-function[12]:0x3a)\n    at go (https://a.test/a.js:3:4)";
    let firefox = "app.run@https://a.test/app.wasm:wasm-function[12]:0x3a\ngo@https://a.test/a.js:3:4";
    for safari in [
        "<?>.wasm-function[run]@[wasm code]\ngo@https://a.test/a.js:3:4",
        "run@<?>:wasm-function[12]\ngo@https://a.test/a.js:3:4",
    ] {
        check(&wasm(chrome), &wasm(safari), true);
    }
    check(&wasm(chrome), &wasm(firefox), true);
    check(&wasm(chrome), &wasm(&chrome.replace("run (", "stop (")), false);
    let hermes = |name: &str, at: u32| {
        page("TypeError", "undefined is not a function", &format!("{name}@1:{at}\nv@1:550772\nglobal@1:549807"))
    };
    check(&hermes("checkout", 90_210), &hermes("checkout", 91_000), true);
    check(&hermes("checkout", 90_210), &hermes("login", 90_210), false);
    let masked = |message: &str| {
        page("TypeError", message, "@webkit-masked-url://hidden/:3:14\nf@webkit-masked-url://hidden/:9:1")
    };
    check(&masked("a.price is not a function"), &masked("a.label is not a function"), false);
}

/// A report of a command whose failure was parsed, as `autoheal run` sends it.
fn command(error_type: &str, message: &str, stack: &str) -> Value {
    json!({"error_type": error_type, "error_message": message, "stack_trace": stack, "source": "cli", "command": "shop"})
}

#[test]
fn six_installations_are_one_group() {
    let python = |root: &str| {
        let stack = format!(
            "Traceback (most recent call last):\n  File \"{root}/main.py\", line 3, in <module>\n    run()\n  \
             File \"{root}/shop/cart.py\", line 9, in run\n    x\nValueError: no price"
        );
        command("ValueError", "no price", &stack)
    };
    let node = |root: &str| {
        let stack = format!("RangeError: m\n    at total ({root}/lib/cart.js:3:4)\n    at main ({root}/index.js:1:2)");
        command("RangeError", "m", &stack)
    };
    for root in [
        "/home/ann/shop",
        "/srv/releases/20261126-1200",
        "/home/runner/work/shop/shop",
        "/tmp/tmpa1b2c3d4",
        "/var/task",
    ] {
        check(&python("/app"), &python(root), true);
        check(&node("/app"), &node(root), true);
    }
}

#[test]
fn rust_panics_group_with_and_without_a_backtrace() {
    let head = |line: u32, column: u32| {
        format!(
            "thread 'main' (7) panicked at src/cart.rs:{line}:{column}:\nindex out of bounds: the len is 3 but the index is 7\n"
        )
    };
    let short = "stack backtrace:\n   0: core::panicking::panic_bounds_check\n             at /rustc/59807616/library/core/src/panicking.rs:80:14\n   \
                 1: shop::cart::price\n             at ./src/cart.rs:5:70\n";
    let full = "stack backtrace:\n   0:     0x5576cc6ae59a - std[e28293b1aa0f68bd]::panicking::panic\n                               at /rustc/59807616/library/std/src/panicking.rs:80:14\n   \
                1:     0x5576cc6ae59b - shop[0123456789abcdef]::cart::price\n                               at /home/ann/shop/src/cart.rs:5:70\n";
    let panic = |line, column, rest: &str| {
        command("panic", "index out of bounds: the len is 3 but the index is 7", &(head(line, column) + rest))
    };
    for rest in [short, full] {
        check(&panic(5, 70, ""), &panic(5, 70, rest), true);
    }
    check(&panic(5, 70, ""), &panic(9, 70, ""), true);
    check(&panic(5, 70, ""), &panic(7, 33, ""), false);
    let other = with(panic(5, 70, short), "error_message", json!("called `Option::unwrap()` on a `None` value"));
    check(&panic(5, 70, short), &other, false);
}

#[test]
fn an_error_of_rust_is_one_group_with_and_without_a_backtrace() {
    let message = "loading the configuration: cannot read /etc/shop/17.toml: No such file or directory (os error 2)";
    let backtrace =
        format!("Error: {message}\n\nStack backtrace:\n   0: shop::read\n             at ./src/main.rs:3:5\n");
    let mut without = command("Error", message, "");
    without["stack_trace"] = Value::Null;
    check(&without, &command("Error", message, &backtrace), true);
    let other = with(without.clone(), "error_message", json!("loading the prices: no such table"));
    check(&without, &other, false);
}

#[test]
fn messages_decide_where_types_and_frames_do_not() {
    let go = |message: &str| {
        command(
            "panic",
            message,
            "panic: x\n\ngoroutine 1 [running]:\nmain.load(...)\n\t/app/main.go:9 +0x1d\nmain.main()\n\t/app/main.go:3 +0x1d\n",
        )
    };
    check(&go("load config 17: file does not exist"), &go("load config 99: file does not exist"), true);
    check(&go("load config 17: file does not exist"), &go("assignment to entry in nil map"), false);
    let java = |kind: &str, message: &str| {
        command(kind, message, &format!("{kind}: {message}\n\tat com.acme.Cart.pay(Cart.java:10)\n"))
    };
    check(
        &java("java.lang.IllegalStateException", "no price"),
        &java("java.lang.IllegalStateException", "no stock"),
        false,
    );
    check(&java("com.acme.QuotaException", "ann is over"), &java("com.acme.QuotaException", "bob is over"), true);
    check(
        &java("com.acme.HttpException", "HTTP 409 for ann"),
        &java("com.acme.HttpException", "HTTP 503 for ann"),
        false,
    );
    let exit = |message: &str| json!({"error_type": "exit code 1", "error_message": message, "source": "cli", "command": "shop"});
    check(&exit("no such table: cart"), &exit("no such table: user"), false);
}

#[test]
fn colours_in_a_stack_do_not_count() {
    let stack = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in total\n    x\nValueError: x";
    let coloured = stack
        .replace("/srv/a.py", "\u{1b}[35m/srv/a.py\u{1b}[0m")
        .replace("ValueError", "\u{1b}[1mValueError\u{1b}[0m");
    check(&command("ValueError", "x", stack), &command("ValueError", "x", &coloured), true);
}

#[test]
fn quotes_around_a_value_do_not_count() {
    let exit = |message: &str| json!({"error_type": "Uncaught", "error_message": message, "source": "cli", "command": "node a.js"});
    check(&exit("{ code: 'E_SHELF' }"), &exit("{ code: \"E_SHELF\" }"), true);
    check(&exit("{ code: 'E_SHELF' }"), &exit("{ code: 'E_SHOP' }"), false);
}

#[test]
fn a_key_counts_if_the_source_names_it() {
    let key = |key: &str| {
        let stack = format!(
            "Traceback (most recent call last):\n  File \"/app/cart.py\", line 9, in price\n    return items[sku][\"price\"]\n\
             KeyError: {key}"
        );
        command("KeyError", key, &stack)
    };
    check(&key("'ann'"), &key("'bob'"), true);
    check(&key("'ann'"), &key("'price'"), false);
}

#[test]
fn causes_count_where_the_wrapper_is_empty() {
    let wrapped = |wrapper: &str, cause: &str, message: &str| {
        with(command(wrapper, "it failed", ""), "causes", json!([{"error_type": cause, "error_message": message}]))
    };
    for wrapper in ["java.util.concurrent.ExecutionException", "RuntimeError", "ExceptionGroup"] {
        check(&wrapped(wrapper, "KeyError", "'a'"), &wrapped(wrapper, "TimeoutError", "'a'"), false);
        check(&wrapped(wrapper, "KeyError", "'a'"), &wrapped(wrapper, "KeyError", "'a'"), true);
    }
    // JavaScriptCore leaves out functions that end with a call
    let page = |frame: &str| {
        let stack = "Error: no price\n    at wrap (https://a.test/a.js:9:1)";
        let cause = format!("SyntaxError: x\n    at {frame} (https://a.test/a.js:3:1)");
        with(
            page("Error", "no price", stack),
            "causes",
            json!([{"error_type": "SyntaxError", "error_message": "x", "stack_trace": cause}]),
        )
    };
    check(&page("decode"), &page("wrap"), true);
    // the members of a group fail in any order
    let group = |members: [&str; 3]| {
        let causes: Vec<Value> = members.iter().map(|it| json!({"error_type": it, "error_message": "m"})).collect();
        with(command("ExceptionGroup", "errors", ""), "causes", json!(causes))
    };
    check(&group(["A", "B", "B"]), &group(["B", "A", "A"]), true);
    check(&group(["A", "B", "B"]), &group(["A", "C", "C"]), false);
    // some runtimes quote the causes' messages
    let quoting =
        |message: &str| with(wrapped("System.AggregateException", "Timeout", "m"), "error_message", json!(message));
    check(&quoting("One or more errors occurred. (ann)"), &quoting("One or more errors occurred. (bob)"), true);
    let spring = |cause: &str| {
        let stack = format!(
            "org.springframework.web.util.NestedServletException: x\n\tat org.springframework.web.A.b(A.java:1)\n\
             Caused by: {cause}: y\n\tat com.acme.Cart.add(Cart.java:9)\n\t... 40 more"
        );
        command("org.springframework.web.util.NestedServletException", "x", &stack)
    };
    check(&spring("java.lang.NullPointerException"), &spring("com.acme.QuotaException"), false);
}

#[test]
fn a_recursion_is_one_group_wherever_it_ends() {
    let frames = |names: &[&str]| {
        let lines: Vec<String> =
            names.iter().map(|name| format!("    at {name} (https://a.test/tree.js:3:4)")).collect();
        page("RangeError", "Maximum call stack size exceeded", &lines.join("\n"))
    };
    let walk = frames(&["walk", "visit", "walk", "visit", "walk"]);
    check(&walk, &frames(&["visit", "walk", "visit", "walk", "visit"]), true);
    check(&walk, &frames(&["parse", "parse", "parse"]), false);
    let python = |message: &str| {
        let frame = "  File \"/app/a.py\", line 3, in down\n    x\n";
        let stack = format!("Traceback (most recent call last):\n{}RecursionError: {message}", frame.repeat(4));
        command("RecursionError", message, &stack)
    };
    let message = "maximum recursion depth exceeded";
    check(&python(message), &python(&format!("{message} in comparison")), true);
}
