//! Text for GitHub. No other module puts text of a report into Markdown.

mod body;
mod code;
mod facts;
mod fence;
mod inert;
mod instructions;
mod links;
mod occurrences;
mod shared;
mod title;

pub use code::keep_code_for;
pub use inert::{inert, is_hidden};
pub use occurrences::Occurrences;
pub use title::issue_title;

pub(crate) use facts::facts_issue;
pub(crate) use instructions::{HAND_OVER_MARKER, agent_comment, agent_instructions, task_prompt};
pub(crate) use occurrences::replace_occurrences;
pub(crate) use shared::{named, total};

use body::issue_body;
use fence::{code_span, fenced};
use occurrences::without_occurrences;
use title::{safe_name, slug, title_before};

use std::borrow::Cow;

use autoheal_contract::{Severity, Source};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strum::VariantArray;

use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_prepare::{Hex, headline};
use autoheal_store::{Sample, TextForm, Work};

use crate::request_bodies::NewLabel;
use crate::settings::Repository;

/// Label of every issue that autoheal opens; reconciling searches for it.
pub(crate) const OUR_LABEL: &str = "auto-generated";
/// Label by which a person with write access approves.
pub(crate) const APPROVED_LABEL: &str = "autoheal-approved";

/// An issue, as GitHub's API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComposedIssue {
    /// One line, at most 200 characters from a closed alphabet.
    pub title: String,
    /// Markdown; report text only inside fences.
    pub body: String,
    /// From closed sets only.
    pub labels: Vec<Cow<'static, str>>,
}

/// The first line of every issue body that autoheal writes. Reconciling finds the issue by it.
#[must_use]
pub fn marker(fingerprint: Fingerprint) -> String {
    format!("<!-- autoheal:fp={fingerprint} v=1 -->")
}

/// The fingerprint in the first line of a body; none where the line is no marker.
pub(crate) fn read_marker(body: &str) -> Option<Fingerprint> {
    let first = body.lines().next()?.trim_end();
    Fingerprint::parse(first.strip_prefix("<!-- autoheal:fp=")?.strip_suffix(" v=1 -->")?)
}

/// Composes the issue of a group as it stands, for this repository.
#[must_use]
pub fn issue(work: &Work, repository: &Repository) -> ComposedIssue {
    issue_with(work, None, Some(repository))
}

/// Composes the issue of a group as it stands, for its repository if that is known.
#[must_use]
pub fn preview(work: &Work, repository: Option<&Repository>) -> ComposedIssue {
    issue_with(work, None, repository)
}

/// Composes the issue of a group of a server's failure, with the stack of a page that called the server.
#[must_use]
pub(crate) fn issue_with_page(work: &Work, repository: &Repository) -> ComposedIssue {
    issue_with(work, work.page.as_ref(), Some(repository))
}

fn issue_with(work: &Work, page: Option<&Sample>, repository: Option<&Repository>) -> ComposedIssue {
    let mut sample = Cow::Borrowed(&work.sample);
    if let Some(repository) = repository
        && sample.code.iter().any(|code| code.checkout.is_some())
    {
        keep_code_for(repository, &mut sample.to_mut().code);
    }
    let shared = Shared {
        text: &shared::text(work, if page.is_some() { TextForm::FullWithPage } else { TextForm::Full }),
        title_end: &shared::title_end(work),
        label: shared::severity(work),
    };
    let occurrences = Occurrences::of_issue(work);
    compose_with(&sample, page, work.group.fingerprint, shared::rated(work), &occurrences, &shared)
}

/// Composes the issue for a sample, with the stack of a page's report of the same failure.
#[must_use]
pub fn compose(
    sample: &Sample,
    page: Option<&Sample>,
    fingerprint: Fingerprint,
    severity: Severity,
    occurrences: &Occurrences,
) -> ComposedIssue {
    compose_with(sample, page, fingerprint, severity, occurrences, &Shared { text: "", title_end: "", label: severity })
}

/// What an issue says about other groups and about counts.
struct Shared<'a> {
    text: &'a str,
    title_end: &'a str,
    label: Severity,
}

fn compose_with(
    sample: &Sample,
    page: Option<&Sample>,
    fingerprint: Fingerprint,
    severity: Severity,
    occurrences: &Occurrences,
    shared: &Shared<'_>,
) -> ComposedIssue {
    let source = sample.report.source.unwrap_or_default();
    let (error_type, message) = headline(&sample.report);
    ComposedIssue {
        title: title_before(error_type, &message, shared.title_end),
        body: issue_body(sample, page, fingerprint, severity, occurrences, shared.text),
        labels: issue_labels(source, shared.label),
    }
}

fn issue_labels(source: Source, severity: Severity) -> Vec<Cow<'static, str>> {
    [OUR_LABEL, "bug", source.label(), severity.name()].map(Cow::Borrowed).to_vec()
}

/// The draft pull request of a group with an issue. Its only text from the report is a slug of the error type.
#[derive(Debug, Clone)]
pub(crate) struct ComposedPull {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// Title of the pull request, and message of its commit.
    pub title: String,
    /// Its description, which closes the issue on merge.
    pub body: String,
}

/// Composes the draft pull request for issue `number`. While the issue holds no text of the report, nor does the draft.
#[must_use]
pub(crate) fn pull(work: &Work, number: u64, form: TextForm) -> ComposedPull {
    let name = match form {
        TextForm::Full | TextForm::FullWithPage => slug(headline(&work.sample.report).0),
        TextForm::Facts => slug(work.sample.report.source.unwrap_or_default().label()),
    };
    ComposedPull {
        branch: format!("auto-fix/issue-{number}-{name}"),
        title: format!("[Auto-Generated] Fix {name} of issue {number}"),
        body: format!(
            "{}\nFixes #{number}\n\nThis draft was opened by autoheal for the error reported in that issue. It starts with \
             an empty commit; the fix and a regression test are added on this branch, by a person or by a coding agent.\n\n\
             Nothing is merged automatically.\n",
            marker(work.group.fingerprint),
        ),
    }
}

/// Every label that the worker creates where it is missing.
pub(crate) fn labels() -> Vec<NewLabel> {
    let label = |name: &'static str, color: &'static str, description: &'static str| NewLabel {
        name: name.into(),
        color: color.into(),
        description: description.into(),
    };
    let mut labels = vec![
        label(OUR_LABEL, "5319e7", "Opened by autoheal from an error report"),
        label("bug", "d73a4a", "Something isn't working"),
        label(APPROVED_LABEL, "0e8a16", "A person with write access lets the coding agent work on this"),
    ];
    labels.extend(Source::VARIANTS.iter().map(|source| label(source.label(), "c5def5", "Where the error was seen")));
    let colour = |severity| match severity {
        Severity::Critical => "b60205",
        Severity::High => "d93f0b",
        Severity::Medium => "fbca04",
        Severity::Low => "c2e0c6",
    };
    labels.extend(
        Severity::VARIANTS.iter().map(|severity| label(severity.name(), colour(*severity), "How bad the error is")),
    );
    labels
}

/// Hash of the text an agent would read: the issue and its draft, without the counts block.
#[must_use]
pub fn shown_hash(texts: &[(&str, &str)]) -> String {
    let mut hasher = Sha256::new();
    for (title, body) in texts {
        for text in [title.trim(), without_occurrences(&body.replace("\r\n", "\n")).trim()] {
            hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(text);
        }
    }
    Hex(&hasher.finalize()[..16]).to_string()
}

#[cfg(test)]
mod tests;
