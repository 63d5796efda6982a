//! The issue before its approval, if `AUTOHEAL_ISSUE_TEXT=after-approval`: facts from closed sets and a link.
//!
//! It holds no text of the report, because other automations may read new issues and follow what they read.

use std::fmt::Write;

use autoheal_contract::Class;
use autoheal_store::{Sample, TextForm, Work};

use super::{APPROVED_LABEL, ComposedIssue, Occurrences, issue_labels, marker, shared};

/// Error types that every reader knows. Another type is a text of the sender's choice, so it is left out.
const COMMON_TYPES: [&str; 36] = [
    "AbortError",
    "AggregateError",
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "ConnectionError",
    "EOFError",
    "Error",
    "EvalError",
    "Exception",
    "FileNotFoundError",
    "ImportError",
    "IndexError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NetworkError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PermissionError",
    "RangeError",
    "RecursionError",
    "ReferenceError",
    "RuntimeError",
    "StopIteration",
    "SyntaxError",
    "SystemExit",
    "TimeoutError",
    "TypeError",
    "URIError",
    "UnicodeDecodeError",
    "ValueError",
];

/// Composes the issue of a group without any text of its reports. `dashboard` is the base URL of the
/// dashboard, if other machines reach it.
#[must_use]
pub(crate) fn facts_issue(work: &Work, dashboard: Option<&str>) -> ComposedIssue {
    let (group, sample) = (&work.group, &work.sample);
    let source = sample.report.source.unwrap_or_default();
    let short = shared::short_name(group);
    let mut body = format!("{}\n# Auto-Generated Error Report\n\n", marker(group.fingerprint));
    for (name, value) in facts(sample, group.rated.name()) {
        // writing to a String cannot fail
        let _infallible = writeln!(body, "**{name}:** `{value}`  ");
    }
    let _infallible = writeln!(
        body,
        "\nMessage, stack trace and logs are added here after a person with write access has set the label \
         `{APPROVED_LABEL}`, because they may be the text of a stranger.",
    );
    let _infallible = match dashboard {
        Some(dashboard) => {
            writeln!(body, "\nRead them on the dashboard: {dashboard}/groups/{}", group.fingerprint)
        }
        None => writeln!(body, "\nRead them on the dashboard of autoheal, on the machine where it runs."),
    };
    body.push_str(&shared::text(work, TextForm::Facts));
    body.push('\n');
    body.push_str(&Occurrences::of_issue(work).block());
    ComposedIssue {
        title: format!("[Auto-Generated] Failure {short} from {}{}", source.label(), shared::title_end(work)),
        body,
        labels: issue_labels(source, shared::severity(work)),
    }
}

/// The type, if every reader knows it.
pub(super) fn common_type(error_type: &str) -> Option<&'static str> {
    COMMON_TYPES.into_iter().find(|name| *name == error_type)
}

fn facts(sample: &Sample, severity: &'static str) -> Vec<(&'static str, String)> {
    let report = &sample.report;
    let common = common_type(&report.error_type).map(str::to_owned);
    let class = report.class.as_deref().and_then(Class::parse).map(|class| class.name().to_owned());
    let code = report.rpc.as_ref().and_then(|rpc| rpc.code).map(|code| code.to_string());
    let exit = report.exit.as_ref().and_then(|exit| exit.code).map(|code| code.to_string());
    let facts = [
        ("Error Type", common),
        ("Error Source", Some(report.source.unwrap_or_default().name().to_owned())),
        ("Severity", Some(severity.to_owned())),
        ("Error Class", class),
        ("Error Code", code),
        ("Exit Code", exit),
        ("Timestamp", Some(sample.received_at.to_string())),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
