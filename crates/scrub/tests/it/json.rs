//! Values: what goes by its key, by its text, and card numbers that came as numbers.

use autoheal_contract::Json;
use autoheal_scrub::{scrub, scrub_json};

#[track_caller]
fn check(given: &str, clean: &str) {
    let mut json: Json = serde_json::from_str(given).expect("the test's JSON");
    scrub_json(&mut json, &mut |text| *text = scrub(text).into_owned());
    assert_eq!(serde_json::to_string(&json).expect("it can be written"), clean);
}

#[test]
fn card_numbers_need_no_quotes() {
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
fn a_secret_key_hides_whatever_is_under_it() {
    check(r#"[{"password":{"deep":["hunter2"]}}]"#, r#"[{"password":"<secret>"}]"#);
    check(r#"{"pin":1234}"#, r#"{"pin":"<secret>"}"#);
    check(r#"{"token":null,"password":false}"#, r#"{"token":null,"password":false}"#);
}

#[test]
fn keys_are_texts_too() {
    check(r#"{"ada@example.org":{"ada@example.org":1}}"#, r#"{"<email>":{"<email>":1}}"#);
}
