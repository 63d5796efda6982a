//! Copies of JSON text, also against the scrubber's walk over a tree: both must replace the same secrets.

use autoheal_contract::Json;

use super::*;

const WIDE: Limits = Limits { max_chars: 1000, max_depth: 6, max_bytes: 100_000 };

fn copied(input: &str, limits: Limits) -> String {
    let mut out = String::from("{");
    copy_members(input, "", &mut out, limits, |_, _, limits| limits);
    out.push('}');
    out
}

#[track_caller]
fn check(input: &str, expected: &str) {
    assert_eq!(copied(input, WIDE), expected);
}

#[test]
fn plain_json_stays_as_it_is() {
    let plain = r#"{"a":1,"b":[true,null,-0.5,1e300,"ä\"\\\n\u0001"],"c":{},"d":[],"e":{"f":[[]]}}"#;
    check(plain, plain);
    check(" { \"a\" : [ 1 , 2 ] } ", r#"{"a":[1,2]}"#);
}

#[test]
fn secrets_are_replaced_by_key_and_by_text() {
    check(
        r#"{"password":"x","nested":{"apiKey":{"deep":[1]}}}"#,
        r#"{"password":"<secret>","nested":{"apiKey":"<secret>"}}"#,
    );
    check(r#"{"token":null,"secret":true}"#, r#"{"token":null,"secret":true}"#);
    check(r#"{"note":"mail anna@example.org"}"#, r#"{"note":"mail <email>"}"#);
    check(r#"{"anna@example.org":1}"#, r#"{"<email>":1}"#);
    check(r#"{"no":4111111111111111,"at":1763798400000}"#, r#"{"no":"<card>","at":1763798400000}"#);
}

#[test]
fn lone_surrogates_and_escapes() {
    check(r#"{"a":"\ud83d x \u00e9\b\f\/"}"#, "{\"a\":\"\u{fffd} x é\\u0008\\u000c/\"}");
}

#[test]
fn cut_text_is_closed() {
    check(r#"{"a":[1,{"b":"long te"#, r#"{"a":[1,{"b":"long te"}]}"#);
    check(r#"{"a":[1,{"b":"#, r#"{"a":[1,{"b":null}]}"#);
    check(r#"{"a":[1,{"b"#, r#"{"a":[1,{"b":null}]}"#);
    check(r#"{"password":"hun"#, r#"{"password":"<secret>"}"#);
    check(r#"{"a":"x\"#, r#"{"a":"x"}"#);
    check(r#"{"a":"x\u00"#, "{\"a\":\"x\u{fffd}\"}");
    check("", "{}");
    check("[1]", "{}");
}

#[test]
fn any_byte_is_read_without_a_panic_or_an_endless_loop() {
    for byte in 0..=127_u8 {
        for text in [format!("{{\"a\":{}", char::from(byte)), format!("{{{}}}", char::from(byte)).repeat(3)] {
            let made = copied(&text, WIDE);
            assert!(made.starts_with('{'), "{text} {made}");
        }
    }
}

#[test]
fn deep_values_are_cut() {
    let limits = Limits { max_depth: 2, ..WIDE };
    assert_eq!(
        copied(r#"{"a":{"b":{"c":1}},"d":[[[1]],2],"e":1}"#, limits),
        r#"{"a":{"b":{"c":1}},"d":[["<cut>"],2],"e":1}"#
    );
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(copied(&deep, limits), r#"{"a":[["<cut>"]]}"#);
}

#[test]
fn large_values_are_cut() {
    let many = format!("{{\"a\":[{}1],\"b\":2}}", "123456789,".repeat(100_000));
    let made = copied(&many, Limits { max_bytes: 500, ..WIDE });
    assert!((400..600).contains(&made.len()), "{}", made.len());
    let long = format!("{{\"a\":\"{}\",\"b\":2}}", "x".repeat(10_000));
    assert_eq!(copied(&long, Limits { max_chars: 3, ..WIDE }), r#"{"a":"xxx<cut>","b":2}"#);
}

/// Compares values of reports with the walk over a tree that the service uses.
#[test]
fn equals_the_walk_over_a_tree() {
    for value in [
        serde_json::json!({"url": "https://u:p@example.org/?token=abc&x=1", "headers": {"Authorization": "Bearer abcdefghijklmnop"}}),
        serde_json::json!({"list": [{"cvc": "123", "client_secret": 5, "max_tokens": 100}], "text": "line\nkey: value", "n": [-1, 0.5, 18_446_744_073_709_551_615_u64]}),
        serde_json::json!({"argv": ["--password", "hunter2"], "pairs": [{"name": "api_key", "value": "k-1"}, {"name": "page", "value": "2"}]}),
        serde_json::json!({"session": "closed", "pass": 12, "phone": "+1 202 555 0143", "credentials": {"a": 1}, "auth": [1], "sid": 9}),
        serde_json::json!({"pem": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"}),
    ] {
        let text = value.to_string();
        let mut tree: Json = serde_json::from_str(&text).expect("it was written as JSON");
        autoheal_scrub::scrub_json(&mut tree, &mut |text| *text = scrub(text).into_owned());
        let expected = serde_json::to_value(&tree).expect("a tree can be written");
        let made: serde_json::Value = serde_json::from_str(&copied(&text, WIDE)).expect("the copy is JSON");
        assert_eq!(made, expected);
    }
}
