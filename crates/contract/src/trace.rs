//! `Trace`: the W3C trace context of a call, by which the reports of its two ends are recognised as of one call.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Json;

/// Length of `traceparent` in version 00, in bytes.
const VERSION_00_BYTES: usize = 55;

/// The ids of a trace and of a span in it: 32 and 16 lower-case hexadecimal digits, none of them zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trace {
    trace_id: NonZeroU128,
    span_id: NonZeroU64,
}

impl Trace {
    /// Reads the value of a `traceparent`; `None` unless it has the form of
    /// [W3C Trace Context](https://www.w3.org/TR/trace-context/).
    #[must_use]
    pub fn parse(traceparent: &str) -> Option<Self> {
        let (known, later) = traceparent.split_at_checked(VERSION_00_BYTES)?;
        let mut fields = known.split('-');
        let (version, trace_id, span_id) = (fields.next()?, fields.next()?, fields.next()?);
        let version = digits(version, 2)?;
        digits(fields.next()?, 2)?;
        // later versions may have more fields
        let is_whole = later.is_empty() || version > 0 && later.starts_with('-');
        (version < 0xff && fields.next().is_none() && is_whole).then(|| Self::of_ids(trace_id, span_id))?
    }

    /// The trace with these ids; `None` for ids of another form.
    #[must_use]
    pub fn of_ids(trace_id: &str, span_id: &str) -> Option<Self> {
        let trace_id = NonZeroU128::new(digits(trace_id, 32)?)?;
        let span_id = NonZeroU64::new(u64::try_from(digits(span_id, 16)?).ok()?)?;
        Some(Self { trace_id, span_id })
    }

    /// The trace of a report's member; `None` for an object without ids of the right form, and for any other value.
    #[must_use]
    pub fn of_json(json: &Json) -> Option<Self> {
        Self::of_ids(json.get("trace_id")?.as_str()?, json.get("span_id")?.as_str()?)
    }

    /// The id of the trace, as text.
    #[must_use]
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The id of the span, as text.
    #[must_use]
    pub fn span_id(self) -> String {
        format!("{:016x}", self.span_id)
    }
}

/// Reads a fixed number of lower-case hexadecimal digits.
fn digits(text: &str, length: usize) -> Option<u128> {
    let is_hex = text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then(|| u128::from_str_radix(text, 16).ok())?
}

/// Displays the `traceparent`.
impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "00-{:032x}-{:016x}-01", self.trace_id, self.span_id)
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Ids {
            trace_id: String,
            span_id: String,
        }
        Ids { trace_id: self.trace_id(), span_id: self.span_id() }.serialize(serializer)
    }
}

/// Reads a report's `trace`. One of another form counts as absent, because it must not cost the report.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Trace>, D::Error> {
    Json::deserialize(deserializer).map(|json| Trace::of_json(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN_ID: &str = "00f067aa0ba902b7";

    #[test]
    fn a_traceparent_is_read_and_written_alike() {
        let text = format!("00-{TRACE_ID}-{SPAN_ID}-01");
        let trace = Trace::parse(&text).unwrap();
        assert_eq!((trace.trace_id().as_str(), trace.span_id().as_str()), (TRACE_ID, SPAN_ID));
        assert_eq!(trace.to_string(), text);
        for other in
            [format!("00-{TRACE_ID}-{SPAN_ID}-00"), format!("cc-{TRACE_ID}-{SPAN_ID}-01-what-the-future-holds")]
        {
            assert_eq!(Trace::parse(&other), Some(trace), "{other}");
        }
    }

    #[test]
    fn other_forms_are_no_traceparent() {
        for wrong in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE_ID}-{SPAN_ID}"),
            format!("00-{TRACE_ID}-{SPAN_ID}-01-more"),
            format!("cc-{TRACE_ID}-{SPAN_ID}-01more"),
            format!("ff-{TRACE_ID}-{SPAN_ID}-01"),
            format!("00-{}-{SPAN_ID}-01", TRACE_ID.to_uppercase()),
            format!("00-{}-{SPAN_ID}-01", "0".repeat(32)),
            format!("00-{TRACE_ID}-{}-01", "0".repeat(16)),
            format!("00-+{}-{SPAN_ID}-01", &TRACE_ID[1..]),
            format!("00-{SPAN_ID}-{TRACE_ID}-01"),
            format!("00_{TRACE_ID}_{SPAN_ID}_01"),
            format!(" 00-{TRACE_ID}-{SPAN_ID}-0"),
            format!("00-{}é-{SPAN_ID}-01", &TRACE_ID[2..]),
        ] {
            assert_eq!(Trace::parse(&wrong), None, "{wrong:?}");
        }
    }
}
