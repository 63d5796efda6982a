//! JSON values: secrets by key and by text, and card numbers in the form of numbers.

use autoheal_contract::Json;
use autoheal_scrub::{scrub, scrub_json};

#[track_caller]
fn check(given: &str, clean: &str) {
    let mut json: Json = serde_json::from_str(given).expect("the test's JSON");
    scrub_json(&mut json, &mut |text| *text = scrub(text).into_owned());
    assert_eq!(serde_json::to_string(&json).expect("a JSON value serialises"), clean);
}

#[test]
fn card_numbers_are_replaced_without_quotes_too() {
    check("[4111111111111111]", r#"["<card>"]"#);
    check("[-4111111111111111]", r#"["<card>"]"#);
    check("[4111111111111111.0]", r#"["<card>"]"#);
    check(r#"{"no":"4111111111111111"}"#, r#"{"no":"<card>"}"#);
}

#[test]
fn other_numbers_stay() {
    let numbers = "[4111111111111112,1763798400000,-5,0.5,1e+300,18446744073709551615]";
    check(numbers, numbers);
}

#[test]
fn the_whole_value_of_a_secret_key_is_replaced() {
    check(r#"[{"password":{"deep":["hunter2"]}}]"#, r#"[{"password":"<secret>"}]"#);
    check(r#"{"pin":1234}"#, r#"{"pin":"<secret>"}"#);
    check(r#"{"token":null,"password":false}"#, r#"{"token":null,"password":false}"#);
}

#[test]
fn keys_are_scrubbed_like_text() {
    check(r#"{"ada@example.org":{"ada@example.org":1}}"#, r#"{"<email>":{"<email>":1}}"#);
}
