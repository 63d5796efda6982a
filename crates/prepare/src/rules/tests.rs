//! Tests of the operator's rules on whole reports.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Rules;
use crate::fingerprint::Fingerprinted;
use crate::validate::{Arrival, Client, Sender};
use crate::{ScrubLevel, Timestamp, prepare, prepare_with};
use autoheal_contract::limits::DEFAULT_PROJECT;

fn rules(rules: Value) -> Rules {
    let rules: Rules = serde_json::from_value(rules).unwrap();
    rules.check().unwrap();
    rules
}

fn arrival() -> Arrival {
    let project = DEFAULT_PROJECT.to_owned();
    Arrival { project, sender: Sender::Anonymous, client: Client::Own, received_at: Timestamp(0) }
}

fn report(message: &str, file: &str) -> Box<RawValue> {
    let stack = format!("TypeError: {message}\n    at pay (https://shop.example/{file}:3:4)");
    let report = json!({"error_type": "TypeError", "error_message": message, "stack_trace": stack});
    RawValue::from_string(report.to_string()).unwrap()
}

fn with(rules: &Rules, message: &str, file: &str) -> Fingerprinted {
    prepare_with(&report(message, file), arrival(), ScrubLevel::Standard, rules).unwrap()
}

#[test]
fn a_rule_makes_one_group_of_what_fits_all_its_conditions() {
    let rules = rules(json!({"group": [
        {"name": "prices", "message": "*price*", "file": "*/cart.js"},
        {"name": "pay", "function": "pay", "error_type": "RangeError"},
    ]}));
    let group = |message: &str, file: &str| with(&rules, message, file).fingerprint();
    assert_eq!(group("no price", "cart.js"), group("the price is 3", "cart.js"));
    assert_ne!(group("no price", "cart.js"), group("no price", "other.js"));
    assert_ne!(group("no price", "cart.js"), group("no stock", "cart.js"));
    // the same as without rules
    let plain = prepare(&report("no stock", "cart.js"), arrival(), ScrubLevel::Standard).unwrap();
    assert_eq!(group("no stock", "cart.js"), plain.fingerprint());
    let parts = with(&rules, "no price", "cart.js").parts().to_vec();
    assert_eq!((parts.len(), parts[0].name.as_ref(), parts[0].value.as_str()), (1, "rule", "prices"));
}

#[test]
fn patterns_decide_which_frames_are_the_applications() {
    let rules = rules(json!({"in_app": {"include": ["*/node_modules/ours/*"], "exclude": ["*/generated/*"]}}));
    let in_app = |file: &str| with(&rules, "x", file).frames()[0].in_app;
    assert!(in_app("node_modules/ours/a.js") && in_app("a.js"));
    assert!(!in_app("node_modules/theirs/a.js") && !in_app("generated/a.js"));
    assert!(!in_app("node_modules/ours/generated/a.js"));
}

#[test]
fn a_group_without_name_or_condition_is_refused() {
    for (rules, sentence) in [
        (json!({"group": [{"name": " ", "message": "x"}]}), "group 1 has an empty name"),
        (json!({"group": [{"name": "all"}]}), "group 1 (all) has no condition, so it would hold every failure"),
        (
            json!({"group": [{"name": "some", "message": "*a*", "file": "*"}, {"name": "all", "message": "*", "file": "**", "command": ""}]}),
            "group 2 (all) has no condition, so it would hold every failure",
        ),
    ] {
        assert_eq!(serde_json::from_value::<Rules>(rules).unwrap().check(), Err(sentence.to_owned()));
    }
    assert!(serde_json::from_value::<Rules>(json!({"group": [{"name": "a", "mesage": "x"}]})).is_err());
}
