//! Tests of JavaScript stacks of every engine, and of properties of any text.

mod outputs;
mod programs;
mod suites;

use std::time::Duration;

use expect_test::{Expect, expect};

use super::{Frame, MAX_FRAMES, parse_stack, parse_stack_after_message};
use crate::cpu_time::cpu_time;

/// Formats one line per frame: `function | file | line:column`, with a star if it is in the application.
fn formatted(stack: &str) -> String {
    let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
    let text = |text: Option<String>| text.unwrap_or("-".to_owned());
    let line = |frame: Frame| {
        let star = if frame.in_app { "*" } else { " " };
        format!(
            "{star} {} | {} | {}:{}\n",
            text(frame.function),
            text(frame.file),
            number(frame.line),
            number(frame.column)
        )
    };
    parse_stack(stack).into_iter().map(line).collect()
}

fn check(stack: &str, expected: Expect) {
    expected.assert_eq(&formatted(stack));
}

#[test]
fn chrome_and_node() {
    check(
        "TypeError: Cannot read properties of undefined (reading 'x')
    at renderRow (https://shop.example/assets/main.3f2a.js:12:34)
    at new Cart (https://shop.example/assets/main.3f2a.js:13:1)
    at Cart.<anonymous> (https://shop.example/assets/main.3f2a.js:14:2)
    at Cart.add [as push] (https://shop.example/assets/main.3f2a.js:15:3)
    at async load (file:///srv/app/src/load.mjs:16:4)
    at async https://shop.example/assets/main.3f2a.js:17:5
    at async Promise.all (index 3)
    at Array.map (<anonymous>)
    at new Promise (<anonymous>)
    at run (C:\\work\\my shop (old)\\run.js:18:6)
    at Object.f (/srv/app/node_modules/x/index.js:19:7)
    at node:internal/process/task_queues:95:5
    at wasm://wasm/0a1b2c3d:wasm-function[12]:0x3a
    at add (https://shop.example/sum.wasm:wasm-function[3]:0xff)
    at get size [as size] (chrome-extension://abcdef/content.js:1:2)
    at MCPClient.request (https://shop.example/vendor/mcp-autoheal.js:5:6)
    at f (https://cdn.jsdelivr.net/npm/x@1.2.3/y.js:7:8)",
        expect![[r#"
            * renderRow | https://shop.example/assets/main.3f2a.js | 12:34
            * new Cart | https://shop.example/assets/main.3f2a.js | 13:1
            * Cart.<anonymous> | https://shop.example/assets/main.3f2a.js | 14:2
            * Cart.add [as push] | https://shop.example/assets/main.3f2a.js | 15:3
            * load | file:///srv/app/src/load.mjs | 16:4
            * - | https://shop.example/assets/main.3f2a.js | 17:5
              Promise.all | - | -:-
              Array.map | - | -:-
              new Promise | - | -:-
            * run | C:\work\my shop (old)\run.js | 18:6
              Object.f | /srv/app/node_modules/x/index.js | 19:7
              - | node:internal/process/task_queues | 95:5
            * wasm-function[12] | wasm://wasm/0a1b2c3d | -:58
            * add | https://shop.example/sum.wasm | -:255
              get size [as size] | chrome-extension://abcdef/content.js | 1:2
              MCPClient.request | https://shop.example/vendor/mcp-autoheal.js | 5:6
              f | https://cdn.jsdelivr.net/npm/x@1.2.3/y.js | 7:8
        "#]],
    );
}

#[test]
fn evaluated_code() {
    check(
        "Error: x
    at inner (eval at outer (eval at top (https://a.example/app.js:21:17)), <anonymous>:1:30)
    at eval (eval at ./src/a.js (https://a.example/bundle.js:97:1), webpack-internal:///./src/a.js:4:18)
    at eval (webpack-internal:///./src/b.js:5:6)
    at eval code (eval code:1:1)",
        expect![[r#"
            * inner | https://a.example/app.js | 21:17
            * eval | webpack-internal:///./src/a.js | 4:18
            * eval | webpack-internal:///./src/b.js | 5:6
              eval | - | 1:1
        "#]],
    );
    check(
        "f@https://a.example/app.js line 26 > eval line 2 > eval:1:30\n@https://a.example/app.js line 26 > Function:4:18\ng@debugger eval code:1:2",
        expect![[r#"
            * f | https://a.example/app.js | 26:-
            * - | https://a.example/app.js | 26:-
              g | debugger eval code | 1:2
        "#]],
    );
}

#[test]
fn firefox() {
    check(
        "render/<@https://a.example/app.js:1:2
async*load@https://a.example/app.js:3:4
promise callback*get size@https://a.example/app.js:5:6
obj[\"@odd\"]@https://a.example/@x/app.js:7:8
@https://a.example/app.js:9:10
f@moz-extension://abc/c.js:1:1
g@blob:https://a.example/550e8400:2:2
add@https://a.example/sum.wasm:wasm-function[3]:0xff
h@resource://gre/modules/X.sys.mjs:3:3
",
        expect![[r#"
            * render/< | https://a.example/app.js | 1:2
            * load | https://a.example/app.js | 3:4
            * get size | https://a.example/app.js | 5:6
            * obj["@odd"] | https://a.example/@x/app.js | 7:8
            * - | https://a.example/app.js | 9:10
              f | moz-extension://abc/c.js | 1:1
            * g | blob:https://a.example/550e8400 | 2:2
            * add | https://a.example/sum.wasm | -:255
              h | resource://gre/modules/X.sys.mjs | 3:3
        "#]],
    );
}

#[test]
fn safari() {
    check(
        "https://a.example/app.js:1:2\nf@https://a.example/app.js:3:4\nforEach@[native code]\n[native code]\nhelper\nmodule code@https://a.example/app.js:5:6\n\
         <?>.wasm-function[f]@[wasm code]\nwasm-stub@[wasm code]\ng@index.android.bundle:7:8\nglobal code@https://a.example/app.js:9:10",
        expect![[r#"
            * - | https://a.example/app.js | 1:2
            * f | https://a.example/app.js | 3:4
              forEach | [native code] | -:-
              - | [native code] | -:-
              helper | - | -:-
            * module code | https://a.example/app.js | 5:6
              <?>.wasm-function[f] | [wasm code] | -:-
              wasm-stub | [wasm code] | -:-
            * g | index.android.bundle | 7:8
            * global code | https://a.example/app.js | 9:10
        "#]],
    );
}

#[test]
fn engines_with_similar_lines() {
    check(
        "Error: x\n    at f (address at index.android.bundle:1:2345)\n    at g (native)\n    at h (file:///a/b.js:878)\n   at Anonymous function (http://h/c.js:48:13)",
        expect![[r#"
            * f | index.android.bundle | 1:2345
              g | [native code] | -:-
            * h | file:///a/b.js | 878:-
            * - | http://h/c.js | 48:13
        "#]],
    );
}

#[test]
fn a_message_has_no_frames() {
    check(
        "TypeError: x\n at y\nmail ann@example.com: at 12:30\nat the office (see docs)\nuser@example.com:25\nat least 5:3\nnpm@10.2 failed:1:2\nword\n    at f (/a.js:1:2)",
        expect![[r#"
            * npm | 10.2 failed | 1:2
              word | - | -:-
        "#]],
    );
    check(
        "Error: no such user ann@example.com\nTimeout\nf@https://a.example/app.js:1:2\n",
        expect![[r#"
            * f | https://a.example/app.js | 1:2
        "#]],
    );
    check("TypeError: x is not a function", expect![""]);
    check("", expect![""]);
}

#[test]
fn a_message_that_quotes_a_stack_adds_no_frames() {
    let message = "wrapped: Error: x\n    at quoted (/q.js:1:2)\nend";
    let frames = parse_stack_after_message(&format!("Error: {message}\n    at real (/r.js:3:4)"), message);
    assert_eq!(frames.iter().map(|frame| frame.function.as_deref()).collect::<Vec<_>>(), [Some("real")]);
    assert_eq!(parse_stack_after_message("f@https://a.example/app.js:1:2", "f")[0].function.as_deref(), Some("f"));
    assert_eq!(parse_stack_after_message("Error: x\n    at f (/a.js:1:2)", "").len(), 1);
}

#[test]
fn the_innermost_and_the_outermost_frames_are_used() {
    let stack: String = (1..=1000).map(|line| format!("    at f (/a.js:{line}:1)\n")).collect();
    let lines: Vec<u32> = parse_stack(&stack).iter().filter_map(|frame| frame.line).collect();
    assert_eq!(lines.len(), MAX_FRAMES);
    assert_eq!(lines, (1..=50).chain(951..=1000).collect::<Vec<_>>());
}

#[test]
fn one_long_line_takes_linear_time() {
    let units = [
        "a",
        "@",
        "(",
        ")",
        "at ",
        ":1",
        "@a",
        "eval at ",
        " (",
        "), ",
        " line 1 > ",
        "\"@",
        "*",
        "@/",
        "é",
        ":0x1",
        "[",
        "a@b:1:2 ",
    ];
    for unit in units {
        for (head, tail) in [("", ""), ("at ", ")"), ("at f (eval at ", ":1:2)"), ("f@", ":1:2")] {
            let fastest = |size: usize| {
                let stack = format!("{head}{}{tail}", unit.repeat(size / unit.len()));
                let run = |_| {
                    let start = cpu_time();
                    std::hint::black_box(parse_stack(std::hint::black_box(&stack)));
                    cpu_time() - start
                };
                (0..7).map(run).min().unwrap_or_default()
            };
            let size = if cfg!(debug_assertions) { 12_500 } else { 50_000 };
            let (short, long) = (fastest(size), fastest(4 * size));
            // four times the text: twelve tolerates a busy machine, and quadratic time would be sixteen
            assert!(long < short.max(Duration::from_micros(300)) * 12, "{head}{unit}…{tail}: {short:?}, then {long:?}");
        }
    }
}

#[test]
fn no_text_panics() {
    let pieces = [
        "at ",
        "async ",
        "new ",
        "eval at ",
        "f",
        "(",
        ")",
        "@",
        ":",
        "12",
        "99999999999",
        " line ",
        " > ",
        "eval",
        "native",
        "[native code]",
        "<anonymous>",
        "http://h/",
        "a.js",
        "wasm-function[1]",
        ":0x",
        "0xff",
        "C:\\",
        "/",
        "\n",
        " ",
        "\"",
        "*",
        "é",
        "🦀",
        "\u{200b}",
        "index ",
        "address at ",
        "blob:",
        "::",
        "?",
    ];
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..20_000 {
        let stack: String = (0..random.usize(0..16)).map(|_| pieces[random.usize(..pieces.len())]).collect();
        assert!(parse_stack(&stack).len() <= MAX_FRAMES, "seed {seed}: {stack:?}");
    }
}

#[test]
fn a_position_leaves_out_missing_numbers() {
    let position = |line, column| Frame { function: None, file: None, line, column, in_app: false }.position();
    assert_eq!(position(Some(12), Some(34)), ":12:34");
    assert_eq!(position(Some(12), None), ":12");
    assert_eq!(position(None, Some(58)), ":58");
    assert_eq!(position(None, None), "");
}
