//! Traits: what near-duplicates have in common. Groups with a common trait are related, and stay groups of their own.

use autoheal_contract::Source;
use sha2::{Digest, Sha256};

use super::Fingerprinted;
use super::frame::{self, Name};
use super::place::place;
use crate::normalise::{common_form, normalise_message};
use crate::parse::Frame;

/// Hash of something that related failures have in common.
pub type Trait = [u8; 16];

/// Number of frames that are compared, innermost first. One alone is often that of a helper which many callers share.
const FRAMES: usize = 2;

impl Fingerprinted {
    /// Returns the traits of the failure: its innermost frames of the application, and its innermost cause.
    #[must_use]
    pub fn traits(&self) -> Vec<Trait> {
        let is_page = self.source() == Source::JavascriptSdk;
        // where the fingerprint leaves the frames out, they may be another call's, or say nothing about the reason
        let counts = self.parts().iter().any(|part| part.name == "frame");
        let own = self.frames.iter().filter(|frame| counts && frame.in_app).take(FRAMES);
        // from the first one without a name on, nothing tells the place from others in the same file
        let frames: Vec<String> = own.map_while(|frame| describe(frame, is_page)).collect();
        let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
        let frames = (!frames.is_empty()).then(|| hash("frames", &frames));
        let cause = self.report().causes.last().map(|cause| {
            let form = common_form(&cause.error_type, &cause.error_message);
            hash("cause", &[cause.error_type.trim(), &form.unwrap_or_else(|| normalise_message(&cause.error_message))])
        });
        frames.into_iter().chain(cause).collect()
    }
}

/// A frame as the fingerprint has it, without the line; none if a programmer chose no name for it.
fn describe(frame: &Frame, is_page: bool) -> Option<String> {
    match frame::name(frame, frame::language(frame, is_page)) {
        Name::Chosen(name) => Some(format!("{name} {}", frame.file.as_deref().map(place).unwrap_or_default())),
        Name::Anonymous | Name::Minified => None,
    }
}

/// Hashes each text with its length, so that `ab` and `c` differ from `a` and `bc`.
fn hash(kind: &str, texts: &[&str]) -> Trait {
    let mut hasher = Sha256::new();
    for text in [kind].iter().chain(texts) {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    let mut short = Trait::default();
    short.copy_from_slice(&hasher.finalize()[..16]);
    short
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    use super::*;
    use crate::validate::{Arrival, Client, Sender};
    use crate::{ScrubLevel, Timestamp, prepare};

    fn prepared(report: &Value) -> Fingerprinted {
        let arrival = Arrival {
            project: "default".to_owned(),
            sender: Sender::Anonymous,
            client: Client::Own,
            received_at: Timestamp(0),
        };
        prepare(&RawValue::from_string(report.to_string()).unwrap(), arrival, ScrubLevel::Standard).unwrap()
    }

    fn related(one: &Value, other: &Value) -> bool {
        let (one, other) = (prepared(one), prepared(other));
        assert_ne!(one.fingerprint(), other.fingerprint(), "groups of their own");
        one.traits().iter().any(|shared| other.traits().contains(shared))
    }

    fn at(error_type: &str, functions: &[&str]) -> Value {
        let frames: Vec<String> =
            functions.iter().map(|name| format!("    at {name} (https://shop.example/src/{name}.js:3:7)")).collect();
        json!({"error_type": error_type, "error_message": "boom", "stack_trace": format!("{error_type}: boom\n{}", frames.join("\n"))})
    }

    fn caused(error_type: &str, cause: &str) -> Value {
        json!({"error_type": error_type, "error_message": format!("{error_type} failed"), "source": "rust",
               "causes": [{"error_type": "Error", "error_message": "outer"}, {"error_type": "IoError", "error_message": cause}]})
    }

    #[test]
    fn failures_at_one_place_are_related() {
        assert!(related(&at("TypeError", &["total", "buy"]), &at("RangeError", &["total", "buy"])));
        assert!(!related(&at("TypeError", &["total", "buy"]), &at("RangeError", &["total", "show"])), "a helper");
    }

    #[test]
    fn failures_of_one_minified_file_are_not_related() {
        let minified = |error_type: &str, column: u32| {
            let stack = format!(
                "{error_type}: boom\n    at a (https://shop.example/assets/index.js:1:{column})\n    at https://shop.example/assets/index.js:1:9000"
            );
            json!({"error_type": error_type, "error_message": "boom", "stack_trace": stack})
        };
        assert!(!related(&minified("TypeError", 1200), &minified("RangeError", 7300)));
    }

    #[test]
    fn the_stack_beside_a_failed_call_relates_it_to_none() {
        let mut failed = at("TypeError", &["total", "buy"]);
        (failed["source"], failed["class"]) = (json!("mcp_tool"), json!("tool_failure"));
        assert!(prepared(&failed).traits().is_empty());
    }

    #[test]
    fn failures_of_one_cause_are_related() {
        let refused = "connection to 10.0.0.7:5432 refused";
        assert!(related(
            &caused("QueryError", refused),
            &caused("SessionError", "connection to 10.0.0.8:5432 refused")
        ));
        assert!(!related(&caused("QueryError", refused), &caused("SessionError", "no space left on device")));
    }

    #[test]
    fn a_failure_without_frames_and_causes_is_related_to_none() {
        assert!(prepared(&json!({"error_type": "Error", "error_message": "boom"})).traits().is_empty());
    }
}
