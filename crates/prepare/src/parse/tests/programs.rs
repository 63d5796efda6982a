//! Tests with the output of failed programs in Python, Node, Rust, Java and Go.

use std::time::Duration;

use autoheal_contract::Source;
use expect_test::{Expect, expect};

use crate::cpu_time::cpu_time;

use super::super::{Failure, MAX_FRAMES, find_failure, find_stacks, parse_stack_from, readable};

/// Formats `type: message`, the frames, with a star if they are in the application, and the causes.
pub(super) fn formatted(output: &str) -> String {
    let Some(failure) = find_failure(output) else { return "nothing\n".to_owned() };
    let Failure { error_type, error_message, stack, .. } = &failure;
    let stack = stack.as_deref().unwrap_or_default();
    let mut text = format!("{error_type}: {error_message}\n");
    for frame in parse_stack_from(Source::Cli, stack, error_message) {
        let star = if frame.in_app { "*" } else { " " };
        let function = frame.function.unwrap_or("-".to_owned());
        let line = frame.line.map(|line| line.to_string()).unwrap_or_default();
        text.push_str(&format!("{star} {function} | {} | {line}\n", frame.file.unwrap_or("-".to_owned())));
    }
    for cause in failure.causes {
        let lines = cause.stack_trace.unwrap_or_default().lines().count();
        text.push_str(&format!("cause {}: {} ({lines} lines)\n", cause.error_type, cause.error_message));
    }
    text
}

fn check(output: &str, expected: Expect) {
    expected.assert_eq(&formatted(output));
}

#[test]
fn python_chained_both_ways() {
    check(
        r#"starting
Traceback (most recent call last):
  File "/srv/shop/cart.py", line 3, in read
    {}["k"]
    ~~^^^^^
KeyError: 'k'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/shop/app.py", line 7, in load
    read()
  File "/srv/shop/cart.py", line 5, in read
    raise ValueError("bad\nsecond line") from e
ValueError: bad
second line

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/shop/app.py", line 9, in <module>
    main()
  File "/usr/lib/python3.11/contextlib.py", line 81, in inner
    return func(*args, **kwds)
  File "/srv/shop/.venv/lib/python3.11/site-packages/click/core.py", line 8, in main
    [Previous line repeated 970 more times]
FileNotFoundError: [Errno 2] No such file or directory: '/nonexistent'
"#,
        expect![[r#"
            FileNotFoundError: [Errno 2] No such file or directory: '/nonexistent'
              main | /srv/shop/.venv/lib/python3.11/site-packages/click/core.py | 8
              inner | /usr/lib/python3.11/contextlib.py | 81
            * - | /srv/shop/app.py | 9
            cause ValueError: bad
            second line (7 lines)
            cause KeyError: 'k' (5 lines)
        "#]],
    );
}

#[test]
fn python_groups_and_syntax_errors() {
    check(
        r#"  + Exception Group Traceback (most recent call last):
  |   File "/srv/grp.py", line 7, in <module>
  |     main()
  |   File "/srv/grp.py", line 6, in main
  |     raise ExceptionGroup("eg", [x, TypeError("t")])
  | ExceptionGroup: eg (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/grp.py", line 2, in a
    |     raise ValueError(1)
    | ValueError: 1
    +---------------- 2 ----------------
    | TypeError: t
    +------------------------------------
"#,
        expect![[r#"
            ExceptionGroup: eg (2 sub-exceptions)
            * main | /srv/grp.py | 6
            * - | /srv/grp.py | 7
            cause ValueError: 1 (4 lines)
            cause TypeError: t (2 lines)
        "#]],
    );
    check(
        "  File \"/srv/syn.py\", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n",
        expect![[r#"
            SyntaxError: invalid syntax
            * - | /srv/syn.py | 1
        "#]],
    );
    check(
        "Traceback (most recent call last):\n  File \"/srv/a.py\", line 1, in f\n    raise Stop\n__main__.f.<locals>.Stop",
        expect![[r#"
        __main__.f.<locals>.Stop: __main__.f.<locals>.Stop
        * f | /srv/a.py | 1
    "#]],
    );
}

#[test]
fn node_with_location_cause_and_properties() {
    check(
        "/srv/c.js:1
function f(){ throw new Error(\"outer\\nline two\", {cause: e}) }
              ^

Error: outer
line two
    at f (/srv/c.js:1:48)
    at Object.<anonymous> (/srv/c.js:2:1)
    ... 5 lines matching cause stack trace ...
    at node:internal/main/run_main_module:28:49 {
  code: 'E_CART',
  [cause]: TypeError: Cannot read properties of null (reading 'x')
      at g (/srv/c.js:1:26)
      at node:internal/main/run_main_module:28:49
}

Node.js v20.20.2
",
        expect![[r#"
            Error: outer
            line two
            * f | /srv/c.js | 1
            * Object.<anonymous> | /srv/c.js | 2
              - | node:internal/main/run_main_module | 28
            cause TypeError: Cannot read properties of null (reading 'x') (3 lines)
        "#]],
    );
    check(
        "/srv/c.js:1\nfunction go(){ throw new Closed(\"for today\") }\n              ^\n\nClosed [Error]: for today\n    at Timeout.go [as _onTimeout] (/srv/c.js:1:50)\n    at listOnTimeout (node:internal/timers:581:17)\n\nNode.js v20.20.2\n",
        expect![[r#"
            Closed: for today
            * Timeout.go [as _onTimeout] | /srv/c.js | 1
              listOnTimeout | node:internal/timers | 581
        "#]],
    );
    check(
        "TypeError [ERR_INVALID_ARG_TYPE]: The \"path\" argument must be of type string
    at join (node:path:1171:7)
    at main (file:///srv/app/main.mjs:3:9)
",
        expect![[r#"
            TypeError: The "path" argument must be of type string
              join | node:path | 1171
            * main | file:///srv/app/main.mjs | 3
        "#]],
    );
}

#[test]
fn node_without_a_stack_of_the_program() {
    check(
        "/srv/sy.js:2



SyntaxError: Unexpected end of input
    at wrapSafe (node:internal/modules/cjs/loader:1464:18)

Node.js v20.20.2
",
        expect![[r#"
            SyntaxError: Unexpected end of input
            * - | /srv/sy.js | 2
              wrapSafe | node:internal/modules/cjs/loader | 1464
        "#]],
    );
    check(
        "/srv/s.js:1\nthrow \"str\"\n^\nstr\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\n",
        expect![[r#"
            Uncaught: str
            * - | /srv/s.js | 1
        "#]],
    );
    check(
        "node:internal/process/promises:391
    triggerUncaughtException(err, true /* fromPromise */);
    ^

[AggregateError: All promises were rejected] {
  [errors]: [
    Error: a
        at Object.<anonymous> (/srv/ag.js:1:29),
    TypeError: b
        at Object.<anonymous> (/srv/ag.js:1:60)
  ]
}
",
        expect![[r#"
            AggregateError: All promises were rejected
            * Object.<anonymous> | /srv/ag.js | 1
            * Object.<anonymous> | /srv/ag.js | 1
            cause Error: a (2 lines)
            cause TypeError: b (2 lines)
        "#]],
    );
    check(
        "<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----\n\n 1: 0xb76db1 node::OOMErrorHandler [node]\n",
        expect![[r#"
            FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
        "#]],
    );
}

#[test]
fn rust_with_and_without_backtrace() {
    check(
        "
thread '<unnamed>' (14702) panicked at src/deep.rs:1:46:
index out of bounds: the len is 1 but the index is 5
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:689:5
   1:     0x56269d127e6a - core[c1f1a4ba060b9bfa]::panicking::panic_bounds_check
   2: shop[e28293b1aa0f68bd]::deep::f
             at ./src/deep.rs:1:46
   3: shop::main::{{closure}}::h0123456789abcdef
             at ./src/main.rs:2:59
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.

thread 'main' (14698) panicked at src/main.rs:2:84:
called `Result::unwrap()` on an `Err` value: Any { .. }
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
",
        expect![[r#"
            panic: index out of bounds: the len is 1 but the index is 5
              __rustc::rust_begin_unwind | /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs | 689
              core::panicking::panic_bounds_check | - | 
            * shop::deep::f | ./src/deep.rs | 1
            * shop::main::{{closure}} | ./src/main.rs | 2
        "#]],
    );
    check(
        "thread 'main' panicked at src/main.rs:4:5:
assertion `left == right` failed
  left: 1
 right: 2
stack backtrace:
   0: std::panicking::begin_panic
             at /rustc/5980/library/std/src/panicking.rs:689:5
   1: shop::main
             at ./src/main.rs:4:5
   2: core::ops::function::FnOnce::call_once
             at /rustc/5980/library/core/src/ops/function.rs:250:5
",
        expect![[r#"
            panic: assertion `left == right` failed
              left: 1
             right: 2
              std::panicking::begin_panic | /rustc/5980/library/std/src/panicking.rs | 689
            * shop::main | ./src/main.rs | 4
              core::ops::function::FnOnce::call_once | /rustc/5980/library/core/src/ops/function.rs | 250
        "#]],
    );
    check(
        "thread 'main' panicked at 'gone, it', src/main.rs:2:5\n",
        expect![[r#"
        panic: gone, it
        * - | src/main.rs | 2
    "#]],
    );
    check(
        "\nthread 'main' (7) has overflowed its stack\nfatal runtime error: stack overflow, aborting\n",
        expect![[r#"
        stack overflow: thread 'main' (7) has overflowed its stack
    "#]],
    );
}

#[test]
fn java_with_causes() {
    check(
        "INFO: about to fail
Exception in thread \"main\" com.acme.CartException: outer
\tat com.acme.Cart.add(Cart.java:4)
\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1596)
\tat app//com.acme.Main.main(Main.java:10)
\tSuppressed: java.lang.Exception: sup
\t\t... 1 more
Caused by: java.lang.IllegalStateException: inner
line2
\tat com.acme.Cart.in(Cart.java:2)
\t... 2 more
",
        expect![[r#"
            com.acme.CartException: outer
            * com.acme.Cart.add | Cart.java | 4
              java.util.ArrayList.forEach | ArrayList.java | 1596
            * com.acme.Main.main | Main.java | 10
            cause java.lang.Exception: sup (2 lines)
            cause java.lang.IllegalStateException: inner
            line2 (4 lines)
        "#]],
    );
    check(
        "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\nbye\n",
        expect![[r#"
        java.lang.OutOfMemoryError: Java heap space
    "#]],
    );
}

#[test]
fn go_with_its_goroutine() {
    check(
        "panic: runtime error: index out of range [5] with length 3 [recovered]
\tpanic: again

goroutine 1 [running]:
panic({0x4a1b20?, 0xc00001c0a8?})
\t/usr/local/go/src/runtime/panic.go:884 +0x213
shop.example/cart.(*Cart).Add(0xc000010000, {0x1, 0x2})
\t/home/ada/shop/cart/cart.go:8 +0x1d
github.com/pkg/errors.Wrap(...)
\t/home/ada/go/pkg/mod/github.com/pkg/errors@v0.9.1/errors.go:5
main.main()
\t/home/ada/shop/main.go:12 +0x1d
exit status 2
",
        expect![[r#"
            panic: again
            * shop.example/cart.(*Cart).Add | /home/ada/shop/cart/cart.go | 8
              github.com/pkg/errors.Wrap | /home/ada/go/pkg/mod/github.com/pkg/errors@v0.9.1/errors.go | 5
            * main.main | /home/ada/shop/main.go | 12
            cause panic: runtime error: index out of range [5] with length 3 [recovered] (0 lines)
        "#]],
    );
    check(
        "panic: no price

goroutine 7 [running]:
testing.tRunner.func1()
\t/usr/lib/go-1.19/src/testing/testing.go:1399 +0x39f
shop.example/cart.TestB(0x0?)
\t/home/ada/src/go-1.19/cart_test.go:4 +0x1d
created by testing.(*T).Run
\t/root/sdk/go1.21.0/src/testing/testing.go:1493 +0x35f
",
        expect![[r#"
            panic: no price
              testing.tRunner.func1 | /usr/lib/go-1.19/src/testing/testing.go | 1399
            * shop.example/cart.TestB | /home/ada/src/go-1.19/cart_test.go | 4
        "#]],
    );
    check(
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/srv/main.go:5 +0x28\n",
        expect![[r#"
        fatal error: all goroutines are asleep - deadlock!
        * main.main | /srv/main.go | 5
    "#]],
    );
}

#[test]
fn the_failure_printed_last_is_found_unless_it_only_repeats_another() {
    let node = "Error: inner\n    at f (/srv/a.js:1:2)\n\nNode.js v20.20.2\n";
    let python = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 2, in run\n    check()\n";
    check(
        &format!("{node}{python}ValueError: no price\n"),
        expect![[r#"
            ValueError: no price
            * run | /srv/a.py | 2
        "#]],
    );
    check(
        &format!("{node}{python}subprocess.CalledProcessError: Command 'node' returned non-zero exit status 1.\n"),
        expect![[r#"
            Error: inner
            * f | /srv/a.js | 1
        "#]],
    );
}

#[test]
fn other_output_has_no_stack() {
    for output in ["", "Error: not found", "at the end (of: day)", "make: *** [all] Error 2", "panic: at the disco"] {
        assert_eq!(find_stacks(output), [], "{output}");
    }
    for output in ["", "\n \n", "---\n"] {
        check(output, expect!["nothing\n"]);
    }
}

#[test]
fn any_text_takes_linear_time_and_no_text_panics() {
    let pieces = [
        "Traceback (most recent call last):",
        "  File \"a.py\", line 1, in f",
        "  | ",
        "  + ",
        "+-+---- 1 ----",
        "E: x",
        "\n",
        "\n\n",
        "    at f (/a.js:1:2)",
        " {",
        "}",
        "  [cause]: Error: y",
        "/a.js:1",
        "    ^",
        "thread 'main' panicked at a.rs:1:2:",
        "stack backtrace:",
        "   0: f",
        "             at ./a.rs:1:2",
        "note: ",
        "\tat a.B.c(D.java:1)",
        "Caused by: a.B: c",
        "Exception in thread \"main\" a.B: c",
        "panic: x",
        "goroutine 1 [running]:",
        "main.f(0x1)",
        "\t/a.go:1 +0x1d",
        "é",
        "[",
        "]",
        "::h0123456789abcdef",
        "FATAL ERROR: ",
        "(Use `node --trace-uncaught ...`",
        "The above exception was the direct cause of the following exception:",
        "Error: x",
        "Caused by:",
        "    0: y",
        "error: x",
        "│ Error: x",
        "╭─ Error ─",
        "│",
        "Unhandled exception. A.B: x",
        " ---> A.C: y",
        "   at A.B.C() in /a.cs:line 3",
        "a.rb:3:in 'f': x (E)",
        "\tfrom a.rb:3:in 'g'",
        "PHP Fatal error:  Uncaught E: x in /a.php:3",
        "Next E: y in /a.php:3",
        "#0 /a.php(3): f()",
        "** (E) x",
        "    a.ex:3: f/1",
        "==1==ERROR: AddressSanitizer: x on y",
        "    #0 0x1 in f /a.c:3:1",
        "a.c:3:1: runtime error: x",
        "x at a.pl line 3.",
        "\tf() called at a.pl line 3",
        "a/a.swift:3: Fatal error: x",
        "terminate called after throwing an instance of 'E'",
        "Fatal Python error: x",
        "# A fatal error has been detected by x",
        "2026-11-26 10:00:00 ERROR x",
        "w | Traceback (most recent call last):",
        "{\"level\":\"error\",\"msg\":\"x\"}",
        "level=error msg=\"x\" err=\"y",
        "FAILED a.py::b - E",
        "____ b ____",
        "not ok 1 - x",
        "  stack: |-",
        "--- FAIL: T (0.00s)",
        "---- t stdout ----",
        "FAIL  a > b",
        " ❯ f a.js:1:2",
        "2 failing",
        "1) x",
        "Emitted 'error' event on S instance at:",
        "E    Traceback (most recent call last)",
        "File a.py:3, in f()",
        "make: *** [a] Error 1",
        "a.c:1:2: error: x",
    ];
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..5_000 {
        let text: String = (0..random.usize(0..24))
            .map(|_| format!("{}{}", pieces[random.usize(..pieces.len())], if random.bool() { "\n" } else { "" }))
            .collect();
        formatted(&readable(&text));
        assert!(parse_stack_from(Source::Cli, &text, "x").len() <= MAX_FRAMES, "seed {seed}: {text:?}");
    }
    for piece in pieces {
        let lines = format!("{piece}\n").repeat(100_000 / (piece.len() + 1));
        let one_line = piece.repeat(100_000 / piece.len());
        for text in [lines, one_line] {
            let start = cpu_time();
            formatted(&readable(&text));
            let taken = cpu_time() - start;
            assert!(taken < Duration::from_secs(3), "{piece}: {taken:?}");
        }
    }
}

#[test]
fn a_stack_without_a_source_is_read_in_its_language() {
    let of_page = |stack: &str| super::super::parse_stack_from(autoheal_contract::Source::JavascriptSdk, stack, "x");
    let python = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in total\n    x\nValueError: x";
    assert_eq!(of_page(python)[0].function.as_deref(), Some("total"));
    let go = "panic: x\n\ngoroutine 1 [running]:\nmain.load(...)\n\t/app/main.go:9 +0x1d\n";
    assert_eq!(of_page(go)[0].function.as_deref(), Some("main.load"));
    let javascript = format!("Error: x\n    at pay (https://shop.example/a.js:1:2)\n{python}");
    assert_eq!(of_page(&javascript)[0].function.as_deref(), Some("pay"));
}
