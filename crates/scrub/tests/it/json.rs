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

#[test]
fn a_value_beside_a_secrets_name_is_replaced_in_either_order() {
    check(r#"{"name":"api_key","value":"k1"}"#, r#"{"name":"api_key","value":"<secret>"}"#);
    check(r#"{"value":"k1","name":"api_key"}"#, r#"{"value":"<secret>","name":"api_key"}"#);
    check(r#"["--token","abc","--port","80"]"#, r#"["--token","<secret>","--port","80"]"#);
    check(r#"{"phone":"+1 202 555 0143"}"#, r#"{"phone":"<phone>"}"#);
    check(
        r#"{"credentials":{"a":1},"auth":["x"],"session":{"b":2}}"#,
        r#"{"credentials":"<secret>","auth":"<secret>","session":"<secret>"}"#,
    );
}

#[test]
fn plain_values_of_ambiguous_keys_stay() {
    let plain = r#"{"pass":12,"fail":3,"session":"closed","sid":9,"name":"page","value":"2","phone":"none"}"#;
    check(plain, plain);
}
