//! Where this parser differs from the test suites of TraceKit and error-stack-parser, and why. Both suites cannot be right:
//! they contradict each other in the first three tests.

use expect_test::expect;

use super::check;

#[test]
fn native_code_is_a_frame() {
    // TraceKit keeps the line without a function and error-stack-parser drops it. It stays, because React Native prints it
    // between callbacks, where it shows that the engine called one.
    check(
        "save@https://shop.example/cart.js:52\n[native code]",
        expect![[r#"
            * save | https://shop.example/cart.js | 52:-
              - | [native code] | -:-
        "#]],
    );
}

#[test]
fn functions_of_evaluated_code_in_safari_have_no_place() {
    // TraceKit drops names above the call of `eval`, and error-stack-parser drops the call instead. Names without a place
    // above the first frame may be the message, and the call is certain.
    check(
        "sum\neval code\neval@[native code]\nsave@https://shop.example/cart.js:26:21",
        expect![[r#"
              eval | [native code] | -:-
            * save | https://shop.example/cart.js | 26:21
        "#]],
    );
}

#[test]
fn evaluated_code_in_edge_has_no_file() {
    // TraceKit makes `eval code` a function and a file, and error-stack-parser neither. It is no file.
    check(
        "Error: x\n   at eval code (eval code:1:1)\n   at save (https://shop.example/cart.js:58:17)",
        expect![[r#"
              eval | - | 1:1
            * save | https://shop.example/cart.js | 58:17
        "#]],
    );
}

#[test]
fn all_frames_count_where_a_suite_looks_at_the_first_ones_only() {
    // Both suites check one or two frames of longer stacks: with a URL that has an `@`, of a `resource://` file, of a button's
    // handler, of a path with a blank.
    check(
        "who@https://shop.example/@ann/a.js:3:9\nwhat@https://shop.example/@ann/a.js:6:3\n@https://shop.example/@ann/a.js:9:1",
        expect![[r#"
            * who | https://shop.example/@ann/a.js | 3:9
            * what | https://shop.example/@ann/a.js | 6:3
            * - | https://shop.example/@ann/a.js | 9:1
        "#]],
    );
    check(
        "Error: x\n    at save (/srv/my shop/a.js:2:9)\n    at HTMLButtonElement.onclick (https://shop.example/:7:146)",
        expect![[r#"
            * save | /srv/my shop/a.js | 2:9
            * HTMLButtonElement.onclick | https://shop.example/ | 7:146
        "#]],
    );
}

#[test]
fn the_stack_of_opera_is_in_another_property() {
    // TraceKit reads `error.stacktrace` of Opera 11 and 12, which has columns. A report holds `error.stack`.
    check(
        "save([arguments not available])@https://shop.example/cart.js:18\n<anonymous function>@https://shop.example/cart.js:15",
        expect![[r#"
            * save | https://shop.example/cart.js | 18:-
            * - | https://shop.example/cart.js | 15:-
        "#]],
    );
}
