//! The causes of a failure and the members of a group of failures, where the failure around them says nothing itself.

use autoheal_contract::Cause;

use super::Part;
use super::failure::{Failure, error_type, is_general, short_name};
use crate::normalise::{common_form, normalise_message};
use crate::parse::parse_stack_from;

/// Maximum number of causes that count.
const MAX_CAUSES: usize = 8;

/// Types whose only meaning is that there is another failure inside.
const WRAPPERS: [&str; 16] = [
    "ExceptionGroup",
    "BaseExceptionGroup",
    "AggregateError",
    "AggregateException",
    "ExecutionException",
    "CompletionException",
    "InvocationTargetException",
    "UndeclaredThrowableException",
    "NestedServletException",
    "ServletException",
    "TargetInvocationException",
    "TypeInitializationException",
    "ExceptionInInitializerError",
    "UncheckedIOException",
    "UncheckedExecutionException",
    "BeanCreationException",
];

/// Adds a part for each cause. The order of a group's members is that in which they happened to fail, so they are sorted.
/// Returns true if there are such parts. `has_frames` is true if frames of the failure itself are among the parts.
pub(super) fn add_parts(failure: &Failure<'_>, causes: &[Cause], has_frames: bool, parts: &mut Vec<Part>) -> bool {
    let is_wrapper = is_wrapper(failure.error_type);
    if !is_wrapper && !is_general(failure.error_type) {
        return false;
    }
    let describe = |cause: &Cause| describe(failure, cause, has_frames && !is_wrapper);
    let mut values: Vec<String> = causes.iter().take(MAX_CAUSES).map(describe).collect();
    if values.is_empty() && is_wrapper {
        values.extend(last_in_stack(failure.stack).map(|cause| describe(&cause)));
    }
    values.sort_unstable();
    values.dedup();
    let has_causes = !values.is_empty();
    parts.extend(values.into_iter().map(|value| Part { name: "cause".into(), value }));
    has_causes
}

/// Returns true for a type that only says that there is another failure inside.
pub(super) fn is_wrapper(error_type: &str) -> bool {
    WRAPPERS.contains(&short_name(error_type))
}

/// Describes a cause. A JavaScript engine may leave the function that failed out of a cause's stack, so frames of the failure
/// around it, if there are any, say more.
fn describe(failure: &Failure<'_>, cause: &Cause, has_frames: bool) -> String {
    let message = &cause.error_message;
    let form = common_form(&cause.error_type, message);
    let has_common_form = form.is_some();
    let normalised = form.unwrap_or_else(|| normalise_message(message));
    let stack = cause.stack_trace.as_deref().unwrap_or_default();
    let frames = parse_stack_from(failure.source, stack, message);
    let inner = Failure {
        error_type: cause.error_type.trim(),
        message,
        normalised: &normalised,
        has_common_form,
        stack,
        frames: &frames,
        source: failure.source,
    };
    let mut description = error_type(inner.error_type, &normalised).to_owned();
    let mut parts = Vec::new();
    inner.add_parts(&mut parts);
    let counts = |part: &Part| part.name != "frame" || !has_frames || !inner.is_of_javascript();
    for part in parts.into_iter().filter(counts) {
        description.push_str("; ");
        description.push_str(&part.value);
    }
    description
}

/// Returns the innermost cause in a stack of the Java virtual machine, for reports that name no causes.
fn last_in_stack(stack: &str) -> Option<Cause> {
    let (_, rest) = stack.rsplit_once("Caused by: ")?;
    let (head, stack) = rest.split_once('\n').unwrap_or((rest, ""));
    let (error_type, message) = head.split_once(": ").unwrap_or((head, head));
    Some(Cause {
        error_type: error_type.trim().to_owned(),
        error_message: message.trim().to_owned(),
        stack_trace: Some(stack.to_owned()),
    })
}
