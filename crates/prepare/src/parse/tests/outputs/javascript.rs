//! Output of Node, Bun and Deno.

use expect_test::expect;

use super::check;

const STACK: &str = "    at total (file:///srv/shop/cart.mjs:3:9)\n    at ModuleJob.run (node:internal/modules/esm/module_job:325:25)\n";

#[test]
fn errors_behind_a_label() {
    for label in ["job 7 failed: ", "[10:00:01] ERROR: ", "Error: ", "  err: ", "Unhandled Rejection at: Promise ", ""]
    {
        check(
            &format!("{label}TypeError: x is null\n{STACK}"),
            expect![[r#"
                TypeError: x is null
                * total | file:///srv/shop/cart.mjs | 3
                  ModuleJob.run | node:internal/modules/esm/module_job | 325
            "#]],
        );
    }
}

#[test]
fn an_error_inside_an_object_and_its_properties() {
    check(
        "sync failed {\n  at: '10:00',\n  err: TypeError: x is null\n      at total (file:///srv/shop/cart.mjs:3:9)\n      at file:///srv/shop/main.mjs:7:1,\n  tries: 3\n}\n",
        expect![[r#"
            TypeError: x is null
            * total | file:///srv/shop/cart.mjs | 3
            * - | file:///srv/shop/main.mjs | 7
        "#]],
    );
    check(
        &format!(
            "ApiError: Request failed with status code 422\n{} {{\n  status: 422,\n  config: {{\n    url: 'https://api.shop.test/'\n  }}\n}}\n",
            STACK.trim_end()
        ),
        expect![[r#"
            ApiError: Request failed with status code 422
            * total | file:///srv/shop/cart.mjs | 3
              ModuleJob.run | node:internal/modules/esm/module_job | 325
        "#]],
    );
}

#[test]
fn an_event_of_an_error_is_not_part_of_it() {
    check(
        &format!(
            "node:events:502\n      throw er; // Unhandled 'error' event\n      ^\n\nError: connect ECONNREFUSED 127.0.0.1:1\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)\nEmitted 'error' event on Socket instance at:\n{} {{\n  errno: -111,\n  code: 'ECONNREFUSED'\n}}\n\nNode.js v20.20.2\n",
            STACK.trim_end()
        ),
        expect![[r#"
            Error: connect ECONNREFUSED 127.0.0.1:1
              - | node:events | 502
              TCPConnectWrap.afterConnect [as oncomplete] | node:net | 1611
        "#]],
    );
}

#[test]
fn rejections_with_values_that_are_no_errors() {
    for (reason, expected) in [
        ("2", "UnhandledPromiseRejection: rejected with \"2\"\n"),
        ("#<Object>", "UnhandledPromiseRejection: rejected with \"#<Object>\"\n"),
        ("", "UnhandledPromiseRejection: rejected with \"\"\n"),
    ] {
        let output = format!(
            "node:internal/process/promises:389\n      new UnhandledPromiseRejection(reason);\n      ^\n\nUnhandledPromiseRejection: This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason \"{reason}\".\n    at throwUnhandledRejectionsMode (node:internal/process/promises:389:7) {{\n  code: 'ERR_UNHANDLED_REJECTION'\n}}\n\nNode.js v20.20.2\n"
        );
        let found = super::formatted(&output);
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn bun_prints_the_error_before_its_cause() {
    check(
        "1 | function total() { throw new Error(\"no price\", { cause: e }); }\n                          ^\nerror: no price\n      at total (/srv/shop/cart.mjs:1:26)\n      at /srv/shop/main.mjs:2:7\n\n1 | JSON.parse(\"<\");\n         ^\nSyntaxError: JSON Parse error: Unrecognized token '<'\n      at total (/srv/shop/cart.mjs:1:10)\n\nBun v1.4.5 (Linux x64)\n",
        expect![[r#"
            Error: no price
            * total | /srv/shop/cart.mjs | 1
            * - | /srv/shop/main.mjs | 2
            cause SyntaxError: JSON Parse error: Unrecognized token '<' (2 lines)
        "#]],
    );
    check(
        "5 |   return cart.items[0];\n               ^\nTypeError: undefined is not an object (evaluating 'cart.items')\n      at first (/srv/shop/cart.ts:5:15)\n\nBun v1.4.5 (Linux x64)\n",
        expect![[r#"
            TypeError: undefined is not an object (evaluating 'cart.items')
            * first | /srv/shop/cart.ts | 5
        "#]],
    );
}

#[test]
fn deno_prints_the_source_between_message_and_stack() {
    check(
        "error: Uncaught (in promise) TypeError: x is null\nfunction total(x) { return x.y; }\n                             ^\n    at total (file:///srv/shop/cart.ts:1:30)\n    at file:///srv/shop/main.ts:2:1\nCaused by: SyntaxError: bad json\n    at read (file:///srv/shop/cart.ts:9:3)\n",
        expect![[r#"
            TypeError: x is null
            * total | file:///srv/shop/cart.ts | 1
            * - | file:///srv/shop/main.ts | 2
            cause SyntaxError: bad json (2 lines)
        "#]],
    );
    check(
        "error: Uncaught (in promise) \"nothing left\"\n",
        expect![[r#"
            Uncaught: "nothing left"
        "#]],
    );
    check(
        "error: Module not found \"file:///srv/shop/nope.ts\".\n    at file:///srv/shop/main.ts:1:8\n",
        expect![[r#"
            Error: Module not found "file:///srv/shop/nope.ts".
            * - | file:///srv/shop/main.ts | 1
        "#]],
    );
}

#[test]
fn a_printed_error_after_which_the_program_continued() {
    check(
        "Error: attempt 1\n    at f (/srv/a.js:1:2)\nretrying\nretrying\nfatal: cannot reach the database\n",
        expect![[r#"
            : fatal: cannot reach the database
        "#]],
    );
}

#[test]
fn errors_of_the_system_in_bun_have_properties_above_the_stack() {
    check(
        "3 | read();\n        ^\nENOENT: no such file or directory, open '/data/7.json'\n    path: \"/data/7.json\",\n syscall: \"open\",\n   errno: -2,\n    code: \"ENOENT\"\n\n      at read (/srv/shop/cart.mjs:3:25)\n\nBun v1.4.5 (Linux x64)\n",
        expect![[r#"
            Error: ENOENT: no such file or directory, open '/data/7.json'
            * read | /srv/shop/cart.mjs | 3
        "#]],
    );
}

#[test]
fn values_that_are_no_errors() {
    check(
        "node:internal/modules/run_main:123\n    triggerUncaughtException(\n    ^\n{\n  code: 'E_SHELF',\n  number: 7\n}\n\nNode.js v20.20.2\n",
        expect![[r#"
            Uncaught: { code: 'E_SHELF', number: 7 }
              - | node:internal/modules/run_main | 123
        "#]],
    );
    check(
        "error\n{\n  code: \"E_SHELF\",\n  number: 7,\n}\n\nBun v1.4.5 (Linux x64)\n",
        expect![[r#"
            Uncaught: { code: "E_SHELF", number: 7 }
        "#]],
    );
}
