//! Tests of names: what an engine, a compiler or a build adds is removed.

use super::{Language, Name, language, name};
use crate::parse::Frame;

fn frame(function: &str, file: &str, line: u32, column: u32) -> Frame {
    Frame {
        function: Some(function.to_owned()).filter(|it| !it.is_empty()),
        file: Some(file.to_owned()).filter(|it| !it.is_empty()),
        line: Some(line),
        column: Some(column),
        in_app: true,
    }
}

#[track_caller]
fn check(file: &str, expected: &str, functions: &[&str]) {
    for function in functions {
        let frame = frame(function, file, 10, 5);
        let found = match name(&frame, language(&frame, false)) {
            Name::Chosen(name) => name.into_owned(),
            Name::Anonymous => "(anonymous)".to_owned(),
            Name::Minified => "(minified)".to_owned(),
        };
        assert_eq!(found, expected, "{function}");
    }
}

#[test]
fn engines_agree_on_the_names_of_functions() {
    check(
        "https://a.test/a.js",
        "total",
        &[
            "total",
            "Cart.total",
            "Object.total",
            "new total",
            "Cart.get total [as total]",
            "init/this.total",
            "shop/cart.total",
            "total$1",
            "async total",
            "Module../src/a.js.total",
        ],
    );
    check(
        "https://a.test/a.js",
        "(anonymous)",
        &["", "runAll/</<", "total/<", "Object.<anonymous>", "module code", "global code", "eval"],
    );
    check("https://a.test/a.js", "(minified)", &["e", "Object.e", "new t", "l9", "$e", "n.r"]);
}

#[test]
fn names_of_three_letters_count_unless_a_minifier_chose_them() {
    for (function, expected) in [("run", true), ("xQe", false), ("t1n", false), ("map", true)] {
        let frame = frame(function, "https://a.test/a.js", 1, 4_000);
        assert_eq!(matches!(name(&frame, Language::JavaScript), Name::Chosen(_)), expected, "{function}");
    }
}

#[test]
fn engines_agree_on_functions_of_web_assembly() {
    for (function, file) in [
        ("run", "wasm://wasm/8a7b6c5d"),
        ("app.run", "https://a.test/app.wasm"),
        ("app.wasm.run", "https://a.test/app.wasm"),
        ("<?>.wasm-function[run]", "[wasm code]"),
        ("app.wasm-function[run]", "[wasm code]"),
        ("run::h0123456789abcdef", "https://a.test/app_bg.wasm"),
    ] {
        let frame = frame(function, file, 1, 58);
        assert_eq!(language(&frame, true), Language::Wasm, "{function}");
        assert_eq!(name(&frame, Language::Wasm), Name::Chosen("run".into()), "{function}");
    }
    let numbered = frame("wasm-function[12]", "https://a.test/app.wasm", 1, 58);
    assert_eq!(name(&numbered, Language::Wasm), Name::Minified);
}

#[test]
fn what_compilers_and_proxies_add_is_removed() {
    check(
        "Cart.java",
        "com.acme.Cart.pay",
        &[
            "com.acme.Cart.pay",
            "com.acme.Cart$$EnhancerBySpringCGLIB$$2a693b8d.pay",
            "com.acme.Cart_$$_javassist_seam_42.pay",
            "com.acme.Cart$$SpringCGLIB$$0.pay",
            "app//com.acme.Cart.pay",
            "com.acme.Cart.lambda$pay$0",
            "com.acme.Cart$1.pay",
            "com.acme.Cart$HibernateProxy$a1B2.pay",
        ],
    );
    check(
        "cart.rs",
        "shop::price",
        &[
            "shop::price",
            "shop::price::h0123456789abcdef",
            "shop[e28293b1aa0f68bd]::price",
            "shop::price::{{closure}}",
            "shop[e28293b1aa0f68bd]::price::{closure#0}",
        ],
    );
    check(
        "cart.go",
        "main.(*Cart).Total",
        &[
            "main.(*Cart).Total",
            "main.(*Cart).Total.func1",
            "main.(*Cart).Total.func1.2",
            "main.(*Cart).Total-fm",
            "main.(*Cart).Total.gowrap1",
        ],
    );
    check("cart.go", "main.Map", &["main.Map[...]", "main.Map[go.shape.int].func1"]);
    check(
        "cart.rb",
        "total",
        &[
            "total",
            "block in total",
            "block (2 levels) in Cart#total",
            "rescue in total",
            "Cart#total",
            "Shop::Cart.total",
        ],
    );
    check(
        "Cart.cs",
        "Shop.Cart.Total",
        &[
            "Shop.Cart.Total()",
            "Shop.Cart.Total(Int32 n, String s)",
            "Shop.Cart.<Total>d__3.MoveNext()",
            "Shop.Cart.<>c__DisplayClass3_0.<Total>b__1(Int32 n)",
            "Shop.Cart.<>c.<Total>b__0_0()",
        ],
    );
    check(
        "cart.cpp",
        "shop::total",
        &[
            "shop::total(int, char)",
            "shop::total(int) [clone .cold]",
            "shop::total.isra.0",
            "shop::total[abi:cxx11](int)",
        ],
    );
    check("cart.py", "(anonymous)", &["<lambda>", "<listcomp>", "<module>"]);
}
