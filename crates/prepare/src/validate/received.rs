//! `Received`: a report as it was sent, split into its members.

use std::borrow::Cow;

use autoheal_contract::ErrorReport;
use serde_json::value::RawValue;

use super::fields::{Fields, RawReport};
use super::text::{read_text, show_lone_surrogates};
use super::{Mark, Rejected};

/// A report as it was sent, split into its members, so that it is parsed once whatever is read of it.
#[derive(Debug)]
pub struct Received<'a> {
    text: &'a str,
    /// None if the report is not an object, or has half a surrogate pair in the name of a member.
    members: Option<RawReport<'a>>,
}

impl<'a> Received<'a> {
    /// Splits a report.
    #[must_use]
    pub fn of(raw: &'a RawValue) -> Self {
        Self { text: raw.get(), members: serde_json::from_str(raw.get()).ok() }
    }

    /// Splits a report that was sent alone, without reading it twice.
    ///
    /// # Errors
    ///
    /// If the text is not JSON.
    pub fn parse(text: &'a str) -> serde_json::Result<Self> {
        let members = match serde_json::from_str(text) {
            Ok(members) => Some(members),
            // JSON of another kind, or with half a surrogate pair in the name of a member
            Err(_) => serde_json::from_str::<&RawValue>(text).map(|_| None)?,
        };
        Ok(Self { text, members })
    }

    /// Returns the error's type and message as they were sent, by which one failure is recognised before its report is
    /// prepared. A text that cannot be read is empty.
    #[must_use]
    pub fn failure(&self) -> (String, String) {
        let text = |name| self.members.as_ref()?.member(name).and_then(read_text);
        (text("error_type").unwrap_or_default(), text("error_message").unwrap_or_default())
    }

    pub(super) fn read(self, marks: &mut Vec<Mark>) -> Result<ErrorReport, Rejected> {
        if let Some(members) = self.members {
            return members.read(marks);
        }
        let text: Cow<'_, str> = show_lone_surrogates(self.text);
        let members: RawReport<'_> = serde_json::from_str(&text)
            .map_err(|_| Rejected("a report is a JSON object with error_type and error_message".to_owned()))?;
        members.read(marks)
    }

    /// The members in the order in which they were sent, and a reader of their values; none if they cannot be told apart.
    pub(crate) fn with_members<T>(
        &self,
        read: impl FnOnce(&[(Cow<'a, str>, &'a RawValue)], &mut Fields<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let raw = self.members.as_ref()?;
        let mut ignored_marks = Vec::new();
        read(raw.members(), &mut Fields::of(raw, &mut ignored_marks))
    }
}
