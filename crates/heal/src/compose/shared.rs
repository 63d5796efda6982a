//! The part of an issue about other groups: the table of those that share it, and the numbers of related issues.
//!
//! Outside of fences, so each value is from a closed set, or in a code span and without links.

use std::fmt::Write;

use autoheal_contract::Severity;
use autoheal_store::{BundleKind, Group, Status, TextForm, Work};

use super::facts::common_type;
use super::{code_span, title};

/// Maximum length of type and message in a row, in characters.
const ROW_CHARS: usize = 140;

/// The first digits of a group's fingerprint: six, because GitHub takes seven or more for the id of a commit.
pub(super) fn short_name(group: &Group) -> String {
    group.fingerprint.to_string().chars().take(6).collect()
}

/// The groups that the text of the issue names, beside its own. While a person may be reading the text in order to
/// approve it, and after that, no group is added, because a new text would need a new approval.
pub(crate) fn named(work: &Work) -> impl Iterator<Item = &Group> {
    let is_fixed = work.approval.is_some() || work.group.status == Status::AwaitingApproval;
    let is_named = |group: &&Group| group.membership.is_some_and(|membership| membership.named);
    work.members.iter().filter(move |group| !is_fixed || is_named(group))
}

/// Number of occurrences of the group and of those that share its issue.
pub(crate) fn total(work: &Work) -> u64 {
    work.members.iter().map(|member| member.count).sum::<u64>() + work.group.count
}

/// The highest severity of the group and of those that the text of the issue names, for its label.
pub(super) fn severity(work: &Work) -> Severity {
    named(work).map(|member| member.severity).chain([work.group.severity]).max().unwrap_or(work.group.severity)
}

/// The highest severity of their samples, for the text. What counts raise may change after an approval, so it is told
/// beside the counts.
pub(super) fn rated(work: &Work) -> Severity {
    named(work).map(|member| member.rated).chain([work.group.rated]).max().unwrap_or(work.group.rated)
}

/// The end of the title of a shared issue.
pub(super) fn title_end(work: &Work) -> String {
    match named(work).count() {
        0 => String::new(),
        1 => " and 1 more failure".to_owned(),
        count => format!(" and {count} more failures"),
    }
}

/// The part of the text; empty if it names no other group and no issue.
pub(super) fn text(work: &Work, form: TextForm) -> String {
    let mut text = String::new();
    if !work.group.links.is_empty() {
        let numbers: Vec<String> = work.group.links.iter().map(|number| format!("#{number}")).collect();
        let _always = write!(
            text,
            "\n## Related Issues\n\n{}\n\nTheir failures have frames of the application or a cause in common with this one.\n",
            numbers.join(", ")
        );
    }
    let members: Vec<&Group> = named(work).collect();
    let kinds = [BundleKind::Related, BundleKind::Digest]
        .map(|kind| members.iter().any(|member| member.membership.is_none_or(|membership| membership.kind == kind)));
    if members.is_empty() {
        return text;
    }
    let reason = match kinds {
        [true, false] => "These failures have frames of the application or a cause in common",
        [false, true] => "These failures were new within a few minutes",
        _ => "These failures were new within a few minutes, or have frames of the application or a cause in common",
    };
    let _always = write!(
        text,
        "\n## Failures in This Issue\n\n{reason}, so they share this issue. The sections below are about the first one.\n\n\
         | Failure | Error | Severity | Source |\n|---|---|---|---|\n"
    );
    for group in [&work.group].into_iter().chain(members) {
        let error = match form {
            TextForm::Facts => common_type(&group.error_type).map(code_span).unwrap_or_default(),
            TextForm::Full | TextForm::FullWithPage => {
                code_span(&title::summary(&group.error_type, &group.error_message, ROW_CHARS))
            }
        };
        let _always =
            writeln!(text, "| `{}` | {error} | {} | {} |", short_name(group), group.rated.name(), group.source.label());
    }
    text
}
