//! Rules of the operator for noise: which of the program's own rules apply, and further ones.

use std::borrow::Cow;

use autoheal_contract::{ErrorReport, Source};
use serde::Deserialize;

use super::pattern::Pattern;
use crate::noise::{NoiseRule, context, noise};
use crate::parse::Frame;

/// The table `noise` of the file of rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Noise {
    /// The program's rules that do not apply.
    off: Vec<NoiseRule>,
    rule: Vec<OwnRule>,
}

/// A rule by which reports of pages are noise that have everything that it names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnRule {
    name: String,
    error_type: Option<Pattern>,
    message: Option<Pattern>,
    /// File of any frame.
    file: Option<Pattern>,
    /// URL of the page.
    url: Option<Pattern>,
    user_agent: Option<Pattern>,
}

impl Noise {
    pub(super) fn check(&self) -> Result<(), String> {
        for (at, rule) in self.rule.iter().enumerate() {
            let number = at + 1;
            if rule.name.trim().is_empty() {
                return Err(format!("noise rule {number} has an empty name"));
            }
            let conditions = [&rule.error_type, &rule.message, &rule.file, &rule.url, &rule.user_agent];
            if !conditions.into_iter().flatten().any(Pattern::is_condition) {
                let name = &rule.name;
                return Err(format!("noise rule {number} ({name}) has no condition, so every report would be noise"));
            }
        }
        Ok(())
    }

    /// True if a rule names pages by their URL.
    pub(super) fn names_urls(&self) -> bool {
        self.rule.iter().any(|rule| rule.url.is_some())
    }

    pub(super) fn find(&self, report: &ErrorReport, frames: &[Frame], is_public: bool) -> Option<Cow<'static, str>> {
        let applies = |rule| !self.off.contains(&rule) && (is_public || rule != NoiseRule::Localhost);
        let own = || {
            let is_page = report.source.unwrap_or_default() == Source::JavascriptSdk;
            self.rule.iter().find(|rule| is_page && rule.fits(report, frames))
        };
        match noise(report, frames, applies) {
            Some(rule) => Some(rule.name().into()),
            None => own().map(|rule| rule.name.clone().into()),
        }
    }
}

impl OwnRule {
    fn fits(&self, report: &ErrorReport, frames: &[Frame]) -> bool {
        let text = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.fits(text));
        let mut files = frames.iter().filter_map(|frame| frame.file.as_deref());
        text(&self.error_type, &report.error_type)
            && text(&self.message, &report.error_message)
            && text(&self.url, context(report, "url").unwrap_or_default())
            && text(&self.user_agent, context(report, "userAgent").unwrap_or_default())
            && self.file.as_ref().is_none_or(|pattern| files.any(|file| pattern.fits(file)))
    }
}
