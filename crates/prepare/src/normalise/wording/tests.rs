//! Tests of the common forms: the engines' messages about one failure meet, those about two stay apart.

use super::common_form;

/// Checks that all messages have one form, and returns it.
#[track_caller]
fn form(error_type: &str, messages: &[&str]) -> String {
    let forms: Vec<_> = messages.iter().map(|message| common_form(error_type, message)).collect();
    for (form, message) in forms.iter().zip(messages) {
        assert_eq!(form, &forms[0], "{message:?}");
    }
    forms[0].clone().unwrap()
}

#[test]
fn a_property_of_nothing_keeps_its_name() {
    let total = form(
        "TypeError",
        &[
            "Cannot read properties of undefined (reading 'total')",
            "Cannot read property 'total' of undefined",
            "can't access property \"total\", cart.summary is undefined",
            "undefined is not an object (evaluating 'cart.summary.total')",
            "null is not an object (evaluating 'lines[i].total(a.b, c)')",
            "null is not an object (evaluating 'cart.get(\"a b\").total = n + 1')",
            "undefined is not an object (evaluating 'cart?.lines['total']')",
            "null is not an object (evaluating '[null][number % 1].total')",
            "undefined is not an object (evaluating '{}.summary.total')",
        ],
    );
    assert_eq!(total, "property 'total' of undefined or null");
    let label = form(
        "TypeError",
        &["Cannot set properties of null (setting 'label')", "null is not an object (evaluating 'e.label += 1')"],
    );
    assert_ne!(total, label);
    form(
        "TypeError",
        &[
            "Cannot destructure property 'qty' of 'line' as it is undefined.",
            "Cannot destructure 'line' as it is undefined.",
            "undefined is not an object (evaluating '{ qty, price } = line')",
            "Right side of assignment cannot be destructured",
            "cart.line is undefined",
            "(intermediate value).line is null",
        ],
    );
    form(
        "TypeError",
        &[
            "Cannot read properties of undefined (reading '0')",
            "undefined is not an object (evaluating 'lines[0]')",
            "can't access property 0, lines is undefined",
        ],
    );
}

#[test]
fn calls_and_loops_of_what_is_none() {
    let not_iterable = form(
        "TypeError",
        &[
            "list is not iterable",
            "undefined is not iterable (cannot read property Symbol(Symbol.iterator))",
            "can't access property Symbol.iterator, list is undefined",
            "undefined is not an object (evaluating '[a, b]')",
            "undefined is not a function (near '...[a, b]...')",
            "undefined is not a function (near '...line of cart.lines...')",
            "object is not iterable (cannot read property Symbol(Symbol.iterator))",
        ],
    );
    let not_a_function = form(
        "TypeError",
        &[
            "cart.total is not a function",
            "cart.total is not a function. (In 'cart.total(1)', 'cart.total' is undefined)",
            "(intermediate value).total is not a function",
            "e(...).total is not a function",
        ],
    );
    assert_eq!(not_a_function, "not a function: total");
    assert_ne!(not_a_function, not_iterable);
    assert_ne!(not_a_function, common_form("TypeError", "cart.label is not a function").unwrap());
    form(
        "TypeError",
        &["t is not a function", "r is not a function. (In 'r()', 'r' is undefined)", "undefined is not a function"],
    );
    form(
        "TypeError",
        &[
            "Cart is not a constructor",
            "undefined is not a constructor (evaluating 'new Cart(1)')",
            "shop.Cart is not a constructor",
        ],
    );
    form(
        "ReferenceError",
        &["userName is not defined", "Can't find variable: userName", "Property 'userName' doesn't exist"],
    );
    form(
        "ReferenceError",
        &[
            "Cannot access 'cart' before initialization",
            "can't access lexical declaration 'cart' before initialization",
            "Cannot access 'cart' before initialization.",
        ],
    );
}

#[test]
fn the_other_failures_of_engines() {
    let forms = [
        form(
            "TypeError",
            &[
                "Failed to fetch",
                "NetworkError when attempting to fetch resource.",
                "Load failed",
                "Network request failed",
                "fetch failed",
            ],
        ),
        form(
            "TypeError",
            &[
                "Assignment to constant variable.",
                "invalid assignment to const 'x'",
                "Attempted to assign to readonly property.",
            ],
        ),
        form(
            "TypeError",
            &[
                "Converting circular structure to JSON\n    --> starting at object",
                "cyclic object value",
                "JSON.stringify cannot serialize cyclic structures.",
            ],
        ),
        form(
            "TypeError",
            &[
                "Cannot convert undefined or null to object",
                "can't convert undefined to object",
                "undefined is not an object (evaluating 'Object.keys(e)')",
            ],
        ),
        form(
            "TypeError",
            &[
                "Class constructor Cart cannot be invoked without 'new'",
                "class constructors must be invoked with 'new'",
                "Cannot call a class constructor without |new|",
            ],
        ),
        form(
            "TypeError",
            &[
                "Failed to construct 'URL': Invalid URL",
                "URL constructor: x is not a valid URL.",
                "\"x\" cannot be parsed as a URL.",
            ],
        ),
        form("RangeError", &["Maximum call stack size exceeded", "Maximum call stack size exceeded."]),
        form(
            "RangeError",
            &["Invalid array length", "invalid array length", "Array size is not a small enough positive integer."],
        ),
        form("RangeError", &["Invalid time value", "invalid date", "Invalid Date"]),
        form(
            "RangeError",
            &[
                "Invalid count value: -1",
                "repeat count must be non-negative",
                "String.prototype.repeat argument must be greater than or equal to 0 and not be Infinity",
            ],
        ),
        form(
            "RangeError",
            &[
                "toFixed() digits argument must be between 0 and 100",
                "precision 101 out of range",
                "toFixed() argument must be between 0 and 100",
            ],
        ),
        form(
            "SyntaxError",
            &[
                "Unexpected end of JSON input",
                "JSON.parse: unexpected end of data at line 1 column 1 of the JSON data",
                "JSON Parse error: Unexpected EOF",
            ],
        ),
        form(
            "SyntaxError",
            &[
                "Unexpected token '<', \"<html>\" is not valid JSON",
                "Unexpected token < in JSON at position 0",
                "JSON.parse: unexpected character at line 1 column 1 of the JSON data",
                "JSON Parse error: Unrecognized token '<'",
            ],
        ),
        form(
            "SyntaxError",
            &[
                "Unterminated string in JSON at position 25 (line 1 column 26)",
                "JSON.parse: unterminated string at line 1 column 25 of the JSON data",
                "JSON Parse error: Unterminated string",
            ],
        ),
        form(
            "SyntaxError",
            &[
                "Failed to execute 'querySelector' on 'Document': '##x' is not a valid selector.",
                "Document.querySelector: '##x' is not a valid selector",
                "'##x' is not a valid selector.",
            ],
        ),
        form("URIError", &["URI malformed", "malformed URI sequence", "URI error"]),
    ];
    let mut distinct = forms.to_vec();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), forms.len(), "{forms:?}");
    form("InternalError", &["too much recursion", "too much recursion"]);
}

#[test]
fn a_token_of_a_script_stays() {
    let page = form("SyntaxError", &["Unexpected token '<'", "expected expression, got '<'", "Unexpected token '<'."]);
    assert_ne!(page, form("SyntaxError", &["Unexpected token '}'", "expected expression, got '}'"]));
    assert_ne!(page, common_form("SyntaxError", "Unexpected token '<', \"<html>\" is not valid JSON").unwrap());
}

#[test]
fn two_chunks_are_two_failures() {
    let load =
        |words: &str, name: &str| common_form("TypeError", &format!("{words}: https://a.test/assets/{name}")).unwrap();
    let cart = load("Failed to fetch dynamically imported module", "Cart-DkpyIYVQ.js");
    assert_eq!(cart, load("error loading dynamically imported module", "Cart-k3j5h2x9.js"));
    assert_ne!(cart, load("error loading dynamically imported module", "User-k3j5h2x9.js"));
}

#[test]
fn messages_of_other_languages_and_programs_have_no_common_form() {
    for (error_type, message) in [
        ("TypeError", "unsupported operand type(s) for +: 'int' and 'str'"),
        ("TypeError", "'NoneType' object is not iterable"),
        ("NameError", "name 'x' is not defined"),
        ("CartError", "Failed to fetch"),
        ("TypeError", "expected a cart"),
    ] {
        assert_eq!(common_form(error_type, message), None, "{message}");
    }
}
