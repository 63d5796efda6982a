//! Cuts a sample to the size that is stored. What is cut is marked in the text and among the sample's marks.

use std::io;

use autoheal_contract::Json;
use autoheal_contract::limits::CUT_MARK;
use autoheal_prepare::validate::Mark;
use serde::Serialize;

use super::Sample;

/// Maximum size of a sample as JSON, in bytes. A report of 10,000 emoji takes four times as much as one of letters, so
/// the limits of the wire, which are in characters, do not bound the disk space.
pub(crate) const MAX_BYTES: usize = 64 * 1024;
/// Maximum number of frames of a sample that is cut.
const MAX_FRAMES: usize = 50;
/// Maximum size of a short text, such as a release, in a sample that is cut.
const SHORT_TEXT: usize = 300;
/// Maximum size of an error type in a sample that is cut.
const ERROR_TYPE: usize = 600;
/// Maximum size of the normalised message in a sample that is cut.
const NORMALISED: usize = 1_000;
/// Maximum size of the fingerprint's parts in a sample that is cut.
const PARTS: usize = 2_000;
/// Bytes for the names of the fields, and for all short texts.
const OVERHEAD: usize = 6 * 1024;

/// Each large field's part of the size, in bytes. Together with [`OVERHEAD`] less than [`MAX_BYTES`].
mod part {
    pub(super) const MESSAGE: usize = 7_000;
    pub(super) const STACK: usize = 14_000;
    pub(super) const FRAMES: usize = 8_000;
    pub(super) const CODE: usize = 4_000;
    pub(super) const CAUSES: usize = 5_000;
    pub(super) const LOGS: usize = 5_000;
    pub(super) const CONTEXT: usize = 5_000;
    pub(super) const PARAMS: usize = 3_000;
    pub(super) const FACTS: usize = 1_000;
    pub(super) const REPRODUCTION: usize = 2_000;
    pub(super) const COMMAND: usize = 1_000;
}

/// Multiples of the parts, in percent. A report with one large field gets more space for this field.
const MULTIPLES: [usize; 8] = [800, 600, 450, 340, 250, 190, 140, 100];

/// Cuts a sample that is over the limit.
pub(super) fn cut(sample: &mut Sample) {
    if size(sample) <= MAX_BYTES {
        return;
    }
    cut_short_texts(sample);
    cut_derived(sample);
    if size(sample) <= MAX_BYTES {
        return;
    }
    let sizes = sizes(sample);
    let fits = |multiple: usize| {
        let sum: usize = sizes.iter().map(|(size, part)| (*size).min(part * multiple / 100)).sum();
        sum + OVERHEAD <= MAX_BYTES
    };
    let largest = MULTIPLES.iter().position(|multiple| fits(*multiple)).unwrap_or(MULTIPLES.len() - 1);
    for multiple in MULTIPLES[largest..].iter().copied().chain([70, 40]) {
        cut_fields(sample, multiple);
        if size(sample) <= MAX_BYTES {
            return;
        }
    }
}

/// The size of each large field, with its part.
fn sizes(sample: &Sample) -> [(usize, usize); 13] {
    let report = &sample.report;
    let json = |json: &Option<Json>| json.as_ref().map_or(0, Json::size);
    let params = report.rpc.as_ref().map_or(0, |rpc| json(&rpc.params));
    [
        (size(&report.error_message), part::MESSAGE),
        (size(&report.stack_trace), part::STACK),
        (size(&sample.frames), part::FRAMES),
        (size(&sample.code), part::CODE),
        (size(&report.causes), part::CAUSES),
        (size(&report.logs), part::LOGS),
        (json(&report.context), part::CONTEXT),
        (params, part::PARAMS),
        (json(&report.tags), part::FACTS),
        (json(&report.system), part::FACTS),
        (json(&report.debug_ids), part::FACTS),
        (size(&report.reproduction), part::REPRODUCTION),
        (size(&report.command), part::COMMAND),
    ]
}

fn cut_fields(sample: &mut Sample, multiple: usize) {
    let bytes = |part: usize| part * multiple / 100;
    let Sample { report, frames, code, marks, .. } = sample;
    let mut mark = |field: &str, was_cut: bool| {
        let mark = Mark::cut(field);
        if was_cut && !marks.contains(&mark) {
            marks.push(mark);
        }
    };
    mark("error_message", cut_text(&mut report.error_message, bytes(part::MESSAGE)));
    mark("stack_trace", report.stack_trace.as_mut().is_some_and(|stack| cut_middle(stack, bytes(part::STACK))));
    if size(frames) > bytes(part::FRAMES) {
        frames.truncate(MAX_FRAMES);
        keep_first(frames, bytes(part::FRAMES));
    }
    keep_first(code, bytes(part::CODE));
    mark("causes", {
        let each = bytes(part::CAUSES) / report.causes.len().max(1);
        let mut was_cut = false;
        for cause in &mut report.causes {
            was_cut |= cut_text(&mut cause.error_type, each / 8) | cut_text(&mut cause.error_message, each / 3);
            was_cut |= cause.stack_trace.as_mut().is_some_and(|stack| cut_middle(stack, each / 3));
        }
        was_cut | keep_first(&mut report.causes, bytes(part::CAUSES))
    });
    mark("logs", {
        let mut was_cut = false;
        for line in &mut report.logs {
            was_cut |= cut_text(&mut line.message, bytes(part::LOGS) / 4);
            for text in [&mut line.timestamp, &mut line.level].into_iter().flatten() {
                was_cut |= cut_text(text, SHORT_TEXT);
            }
        }
        // the last lines are the nearest to the failure
        report.logs.reverse();
        was_cut |= keep_first(&mut report.logs, bytes(part::LOGS));
        report.logs.reverse();
        was_cut
    });
    mark("context", shrink(&mut report.context, bytes(part::CONTEXT)));
    mark("rpc", report.rpc.as_mut().is_some_and(|rpc| shrink(&mut rpc.params, bytes(part::PARAMS))));
    mark("tags", shrink(&mut report.tags, bytes(part::FACTS)));
    mark("system", shrink(&mut report.system, bytes(part::FACTS)));
    mark("debug_ids", shrink(&mut report.debug_ids, bytes(part::FACTS)));
    mark("reproduction", cut_optional(&mut report.reproduction, bytes(part::REPRODUCTION)));
    mark("command", cut_optional(&mut report.command, bytes(part::COMMAND)));
}

/// Cuts what was made from the fields of the report. Without marks, because the fields are there.
fn cut_derived(sample: &mut Sample) {
    cut_text(&mut sample.normalised_message, NORMALISED);
    for part in &mut sample.parts {
        cut_text(&mut part.value, PARTS / 4);
    }
    keep_first(&mut sample.parts, PARTS);
    for frame in &mut sample.frames {
        for text in [&mut frame.function, &mut frame.file].into_iter().flatten() {
            cut_text(text, SHORT_TEXT);
        }
    }
}

/// Cuts the names and identifiers of a report.
fn cut_short_texts(sample: &mut Sample) {
    let Sample { report, marks, .. } = sample;
    let mut mark = |field: &str, text: Option<&mut String>| {
        if text.is_some_and(|text| cut_text(text, SHORT_TEXT)) && !marks.contains(&Mark::cut(field)) {
            marks.push(Mark::cut(field));
        }
    };
    for (field, text) in [
        ("class", &mut report.class),
        ("release", &mut report.release),
        ("environment", &mut report.environment),
        ("user", &mut report.user),
        ("first_seen", &mut report.first_seen),
        ("last_seen", &mut report.last_seen),
        ("client", &mut report.client),
        ("id", &mut report.id),
        ("fingerprint", &mut report.fingerprint),
    ] {
        mark(field, text.as_mut());
    }
    if cut_text(&mut report.error_type, ERROR_TYPE) && !marks.contains(&Mark::cut("error_type")) {
        marks.push(Mark::cut("error_type"));
    }
    let mut mark = |field: &str, text: Option<&mut String>| {
        if text.is_some_and(|text| cut_text(text, SHORT_TEXT)) && !marks.contains(&Mark::cut(field)) {
            marks.push(Mark::cut(field));
        }
    };
    if let Some(server) = &mut report.server {
        mark("server", Some(&mut server.name));
        mark("server", server.version.as_mut());
    }
    if let Some(rpc) = &mut report.rpc {
        for text in [&mut rpc.method, &mut rpc.tool, &mut rpc.transport, &mut rpc.protocol_version] {
            mark("rpc", text.as_mut());
        }
    }
    if let Some(exit) = &mut report.exit {
        mark("exit", exit.signal.as_mut());
    }
}

fn shrink(json: &mut Option<Json>, bytes: usize) -> bool {
    json.as_mut().is_some_and(|json| json.shrink_to(bytes))
}

fn cut_optional(text: &mut Option<String>, bytes: usize) -> bool {
    text.as_mut().is_some_and(|text| cut_text(text, bytes))
}

/// Cuts the end of a text that takes more than this many bytes as JSON.
fn cut_text(text: &mut String, bytes: usize) -> bool {
    if !is_longer(text, bytes) {
        return false;
    }
    let end = prefix(text.chars(), bytes.saturating_sub(CUT_MARK.len() + 2));
    text.truncate(end);
    text.push_str(CUT_MARK);
    true
}

/// Cuts the middle of a text: the head of a stack holds the failing call, its end the entry point.
fn cut_middle(text: &mut String, bytes: usize) -> bool {
    if !is_longer(text, bytes) {
        return false;
    }
    let left = bytes.saturating_sub(CUT_MARK.len() + 6);
    let head = prefix(text.chars(), left / 3 * 2);
    let tail = text.len() - prefix(text.chars().rev(), left / 3);
    *text = format!("{}\n{CUT_MARK}\n{}", &text[..head], &text[tail.max(head)..]);
    true
}

fn is_longer(text: &str, bytes: usize) -> bool {
    // at most six bytes of JSON for each byte
    text.len() * 6 + 2 > bytes && size(&text) > bytes
}

/// The number of bytes of those first characters that take at most `bytes` as JSON.
fn prefix(characters: impl Iterator<Item = char>, bytes: usize) -> usize {
    let mut left = bytes;
    let mut length = 0;
    for character in characters {
        let size = match character {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            control if control < ' ' => 6,
            other => other.len_utf8(),
        };
        if size > left {
            break;
        }
        left -= size;
        length += character.len_utf8();
    }
    length
}

/// Keeps the first members that fit. Returns true if others were dropped.
fn keep_first<T: Serialize>(list: &mut Vec<T>, bytes: usize) -> bool {
    let mut used = 2;
    let fitting = list.iter().position(|member| {
        used += size(member) + 1;
        used > bytes
    });
    fitting.inspect(|length| list.truncate(*length)).is_some()
}

/// The size as compact JSON, in bytes.
fn size(value: &impl Serialize) -> usize {
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.0,
        // cannot be stored either
        Err(_) => usize::MAX,
    }
}

/// A writer that only counts.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
