//! Rules of the operator: which files are the application's own, which failures are one group, and which are noise.

mod noise;
mod pattern;

use std::borrow::Cow;

use autoheal_contract::ErrorReport;
use serde::Deserialize;

use crate::fingerprint::Part;
use crate::noise::is_private;
use crate::parse::Frame;

use noise::Noise;
use pattern::Pattern;

/// The rules of a file, as `AUTOHEAL_RULES` names it. Without rules, every report is judged by the program alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    in_app: InApp,
    group: Vec<GroupRule>,
    noise: Noise,
    /// True if pages reach the service under a public URL.
    #[serde(skip)]
    is_public: bool,
}

/// Patterns of frames' files. `exclude` counts more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct InApp {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

/// A group for all failures that have everything that the rule names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRule {
    /// Name of the group. Two rules with one name make one group.
    name: String,
    source: Option<Pattern>,
    error_type: Option<Pattern>,
    message: Option<Pattern>,
    /// File of any frame of the application.
    file: Option<Pattern>,
    /// Function of any frame of the application; with `file`, of the same frame.
    function: Option<Pattern>,
    /// Command of a failed program.
    command: Option<Pattern>,
}

impl Rules {
    /// Returns what is wrong with the rules, as a sentence.
    ///
    /// # Errors
    ///
    /// If a group or a rule for noise has no name or no condition, so that it would hold every failure.
    pub fn check(&self) -> Result<(), String> {
        for (at, rule) in self.group.iter().enumerate() {
            let number = at + 1;
            if rule.name.trim().is_empty() {
                return Err(format!("group {number} has an empty name"));
            }
            if !rule.has_condition() {
                return Err(format!("group {number} ({}) has no condition, so it would hold every failure", rule.name));
            }
        }
        self.noise.check()
    }

    /// The same rules for a service that pages reach at this URL. If other networks reach it, pages of
    /// `localhost` are noise.
    #[must_use]
    pub fn for_service_at(self, public_url: &str) -> Self {
        Self { is_public: !is_private(public_url), ..self }
    }

    /// The name of the first rule by which a report is noise; none if it is none.
    pub(crate) fn noise(&self, report: &ErrorReport, frames: &[Frame]) -> Option<Cow<'static, str>> {
        self.noise.find(report, frames, self.is_public)
    }

    /// The part of a page's URL that decides whether a report is noise: the whole, if a rule of the operator names URLs,
    /// otherwise all before the path.
    pub(crate) fn noise_url<'a>(&self, url: &'a str) -> &'a str {
        let path = url.find("://").map(|at| at + 3).and_then(|host| Some(host + url[host..].find(['/', '?', '#'])?));
        if self.noise.names_urls() { url } else { &url[..path.unwrap_or(url.len())] }
    }

    /// Decides for each frame that a pattern names whether it is the application's.
    pub(crate) fn judge(&self, frames: &mut [Frame]) {
        let InApp { include, exclude } = &self.in_app;
        if include.is_empty() && exclude.is_empty() {
            return;
        }
        for frame in frames {
            let Some(file) = frame.file.as_deref() else { continue };
            if exclude.iter().any(|pattern| pattern.fits(file)) {
                frame.in_app = false;
            } else if include.iter().any(|pattern| pattern.fits(file)) {
                frame.in_app = true;
            }
        }
    }

    /// The parts of the fingerprint by the first rule that a failure fits; none if it fits no rule.
    pub(crate) fn parts(&self, report: &ErrorReport, frames: &[Frame]) -> Option<Vec<Part>> {
        let rule = self.group.iter().find(|rule| rule.fits(report, frames))?;
        Some(vec![Part { name: "rule".into(), value: rule.name.clone() }])
    }
}

impl GroupRule {
    fn has_condition(&self) -> bool {
        let all = [&self.source, &self.error_type, &self.message, &self.file, &self.function, &self.command];
        all.into_iter().flatten().any(Pattern::is_condition)
    }

    fn fits(&self, report: &ErrorReport, frames: &[Frame]) -> bool {
        let text = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.fits(text));
        let frame = |frame: &Frame| {
            frame.in_app
                && text(&self.file, frame.file.as_deref().unwrap_or_default())
                && text(&self.function, frame.function.as_deref().unwrap_or_default())
        };
        text(&self.source, report.source.unwrap_or_default().name())
            && text(&self.error_type, &report.error_type)
            && text(&self.message, &report.error_message)
            && text(&self.command, report.command.as_deref().unwrap_or_default())
            && (self.file.is_none() && self.function.is_none() || frames.iter().any(frame))
    }
}

#[cfg(test)]
mod tests;
