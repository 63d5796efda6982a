//! Reads the fields of a raw report into an `ErrorReport`. Wrong fields are dropped and long ones cut, each with a
//! mark.

use std::borrow::Cow;
use std::fmt;

use autoheal_contract::limits::{
    CAUSES, CONTEXT_BYTES, ERROR_MESSAGE_CHARS, ERROR_TYPE_CHARS, LOG_LINES, RPC_ID_CHARS, SOURCE_EXCERPTS,
    SOURCE_LINE_CHARS, SOURCE_LINES, STACK_TRACE_CHARS, TAGS, TEXT_CHARS,
};
use autoheal_contract::{Cause, ErrorReport, Exit, Json, LogLine, Rpc, Server, SourceCode, Trace};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::{cut, read_text, show_lone_surrogates};
use super::{Mark, MarkKind, Rejected};

/// The members of a report, each still raw JSON. Of a repeated member the last one counts, as in browsers.
#[derive(Debug, Default)]
pub(super) struct RawReport<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for RawReport<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = RawReport<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    if members.len() < MAX_MEMBERS {
                        members.push((key.0, map.next_value::<&RawValue>()?));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(RawReport { members })
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Maximum number of members that are read; the rest, and unknown ones, are ignored.
const MAX_MEMBERS: usize = 200;

/// Name of a member, borrowed if it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> RawReport<'a> {
    /// Reads every known member.
    pub(super) fn read(&self, marks: &mut Vec<Mark>) -> Result<ErrorReport, Rejected> {
        let error_type = self.required("error_type", ERROR_TYPE_CHARS, marks)?;
        let error_message = self.required("error_message", ERROR_MESSAGE_CHARS, marks)?;
        let mut fields = Fields::of(self, marks);
        Ok(ErrorReport {
            error_type,
            error_message,
            stack_trace: fields.text("stack_trace", STACK_TRACE_CHARS).filter(|stack| !stack.trim().is_empty()),
            context: fields.context(),
            schema: fields.typed("schema"),
            id: fields.id(),
            source: fields.typed("source"),
            class: fields.text("class", 100),
            severity: fields.typed("severity"),
            release: fields.text("release", 200),
            environment: fields.text("environment", 200),
            tags: fields.object("tags"),
            user: fields.text("user", 200),
            count: fields.typed("count"),
            first_seen: fields.text("first_seen", 40),
            last_seen: fields.text("last_seen", 40),
            causes: fields.list("causes", CAUSES, cut_cause),
            logs: fields.logs(),
            server: fields.part("server", cut_server),
            rpc: fields.rpc(),
            trace: fields.trace(),
            reproduction: fields.text("reproduction", TEXT_CHARS),
            command: fields.text("command", TEXT_CHARS),
            exit: fields.part("exit", cut_exit),
            system: fields.object("system"),
            client: fields.text("client", 200),
            debug_ids: fields.object("debug_ids"),
            source_code: fields.part("source_code", cut_source_code),
            fingerprint: fields.text("fingerprint", 200),
        })
    }

    /// The members in the order in which they were sent.
    pub(super) fn members(&self) -> &[(Cow<'a, str>, &'a RawValue)] {
        &self.members
    }

    pub(super) fn member(&self, name: &str) -> Option<&'a RawValue> {
        let (_, raw) = self.members.iter().rev().find(|(key, _)| key == name)?;
        (raw.get() != "null").then_some(*raw)
    }

    fn required(&self, name: &str, characters: usize, marks: &mut Vec<Mark>) -> Result<String, Rejected> {
        let raw = self.member(name).ok_or_else(|| Rejected(format!("the report has no {name}")))?;
        let mut text = read_text(raw).ok_or_else(|| Rejected(format!("{name} must be text")))?;
        if text.trim().is_empty() {
            return Err(Rejected(format!("{name} is empty")));
        }
        if cut(&mut text, characters) {
            marks.push(Mark { field: name.to_owned(), done: MarkKind::Cut });
        }
        Ok(text)
    }
}

/// Reads optional members and collects the marks.
pub(crate) struct Fields<'a, 'm> {
    raw: &'m RawReport<'a>,
    marks: &'m mut Vec<Mark>,
}

impl<'a, 'm> Fields<'a, 'm> {
    pub(super) fn of(raw: &'m RawReport<'a>, marks: &'m mut Vec<Mark>) -> Self {
        Self { raw, marks }
    }

    /// Reads the id.
    pub(crate) fn id(&mut self) -> Option<String> {
        self.text("id", TEXT_CHARS)
    }

    /// Reads the context.
    pub(crate) fn context(&mut self) -> Option<Json> {
        self.json("context", CONTEXT_BYTES)
    }

    /// Reads the JSON-RPC call.
    pub(crate) fn rpc(&mut self) -> Option<Rpc> {
        self.part("rpc", cut_rpc)
    }

    /// Reads the trace of the call.
    pub(crate) fn trace(&mut self) -> Option<Trace> {
        self.read("trace", |raw| Trace::of_json(&read_typed(raw)?))
    }

    /// Reads a member with a type of its own.
    pub(crate) fn typed<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.read(name, read_typed)
    }

    fn mark(&mut self, field: &str, done: MarkKind) {
        self.marks.push(Mark { field: field.to_owned(), done });
    }

    /// Reads a member with `read`. If `read` returns `None`, the member is dropped and marked.
    fn read<T>(&mut self, name: &str, read: impl FnOnce(&RawValue) -> Option<T>) -> Option<T> {
        let value = read(self.raw.member(name)?);
        if value.is_none() {
            self.mark(name, MarkKind::Dropped);
        }
        value
    }

    fn text(&mut self, name: &str, characters: usize) -> Option<String> {
        let mut text = self.read(name, read_text)?;
        if cut(&mut text, characters) {
            self.mark(name, MarkKind::Cut);
        }
        Some(text)
    }

    fn json(&mut self, name: &str, bytes: usize) -> Option<Json> {
        let mut json: Json = self.typed(name)?;
        if !matches!(json, Json::Object(_)) {
            self.mark(name, MarkKind::Dropped);
            return None;
        }
        // A value that arrived in few bytes is within the limit, so it is not measured.
        let raw_bytes = self.raw.member(name).map_or(0, |raw| raw.get().len());
        if raw_bytes > bytes && json.shrink_to(bytes) {
            self.mark(name, MarkKind::Cut);
        }
        Some(json)
    }

    /// Reads an object with a limited number of members, such as `tags`.
    fn object(&mut self, name: &str) -> Option<Json> {
        let mut json = self.json(name, TEXT_CHARS)?;
        if let Json::Object(members) = &mut json
            && members.len() > TAGS
        {
            members.truncate(TAGS);
            self.mark(name, MarkKind::Cut);
        }
        Some(json)
    }

    /// Reads an object with fields of its own, such as `rpc`; `cut_texts` cuts its texts and returns true if it cut
    /// any.
    fn part<T: DeserializeOwned>(&mut self, name: &str, cut_texts: fn(&mut T) -> bool) -> Option<T> {
        let mut part = self.read(name, |raw| raw.get().starts_with('{').then(|| read_typed(raw)).flatten())?;
        if cut_texts(&mut part) {
            self.mark(name, MarkKind::Cut);
        }
        Some(part)
    }

    /// Reads a list. Members of the wrong type are dropped, and only the last `max_members` are used.
    fn list<T: DeserializeOwned>(&mut self, name: &str, max_members: usize, cut_texts: fn(&mut T) -> bool) -> Vec<T> {
        let Some(raw) = self.raw.member(name) else { return Vec::new() };
        let Ok(members) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            self.mark(name, MarkKind::Dropped);
            return Vec::new();
        };
        // The last members are closest to the failure.
        let last = &members[members.len().saturating_sub(max_members)..];
        let mut list: Vec<T> = last.iter().filter_map(|raw| read_typed(raw)).collect();
        if list.len() < last.len() {
            self.mark(name, MarkKind::Dropped);
        }
        // `|`, not `||`, because every member must be cut.
        if list.iter_mut().fold(last.len() < members.len(), |cut, member| cut_texts(member) | cut) {
            self.mark(name, MarkKind::Cut);
        }
        list
    }

    fn logs(&mut self) -> Vec<LogLine> {
        let name = if self.raw.member("logs").is_some() { "logs" } else { "breadcrumbs" };
        let Some(raw) = self.raw.member(name) else { return Vec::new() };
        // Plain strings are accepted too: `["line", …]`.
        if let Ok(lines) = serde_json::from_str::<Vec<String>>(raw.get()) {
            let skipped = lines.len().saturating_sub(LOG_LINES);
            let line = |message| LogLine { message, ..LogLine::default() };
            let mut logs: Vec<LogLine> = lines.into_iter().skip(skipped).map(line).collect();
            if logs.iter_mut().fold(skipped > 0, |cut, log| cut_log(log) | cut) {
                self.mark(name, MarkKind::Cut);
            }
            return logs;
        }
        self.list(name, LOG_LINES, cut_log)
    }
}

fn read_typed<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok().or_else(|| match show_lone_surrogates(raw.get()) {
        Cow::Owned(rewritten) => serde_json::from_str(&rewritten).ok(),
        Cow::Borrowed(_) => None,
    })
}

fn cut_text(text: &mut Option<String>) -> bool {
    text.as_mut().is_some_and(|text| cut(text, TEXT_CHARS))
}

fn cut_cause(cause: &mut Cause) -> bool {
    let stack = cause.stack_trace.as_mut().is_some_and(|stack| cut(stack, STACK_TRACE_CHARS / CAUSES));
    cut(&mut cause.error_type, ERROR_TYPE_CHARS) | cut(&mut cause.error_message, TEXT_CHARS) | stack
}

fn cut_log(log: &mut LogLine) -> bool {
    cut(&mut log.message, 1_000) | cut_text(&mut log.level) | cut_text(&mut log.timestamp)
}

fn cut_server(server: &mut Server) -> bool {
    cut(&mut server.name, 200) | cut_text(&mut server.version)
}

fn cut_source_code(code: &mut SourceCode) -> bool {
    let mut was_cut = code.excerpts.len() > SOURCE_EXCERPTS;
    code.excerpts.truncate(SOURCE_EXCERPTS);
    for excerpt in &mut code.excerpts {
        was_cut |= excerpt.lines.len() > SOURCE_LINES;
        excerpt.lines.truncate(SOURCE_LINES);
        for line in &mut excerpt.lines {
            // a line break within a line would move the numbers of the lines after it
            let end = line.find(['\n', '\r']).unwrap_or(line.len());
            line.truncate(end);
            was_cut |= cut(line, SOURCE_LINE_CHARS);
        }
        was_cut |= cut(&mut excerpt.file, TEXT_CHARS) | cut(&mut excerpt.path, TEXT_CHARS);
    }
    was_cut | cut_text(&mut code.repository) | cut_text(&mut code.commit)
}

fn cut_exit(exit: &mut Exit) -> bool {
    cut_text(&mut exit.signal)
}

fn cut_rpc(rpc: &mut Rpc) -> bool {
    let params = rpc.params.as_mut().is_some_and(|params| params.shrink_to(CONTEXT_BYTES));
    // dropped and not cut, because a part of them names no call
    rpc.id = rpc.id.take().filter(|id| id.chars().nth(RPC_ID_CHARS).is_none());
    rpc.session_hash = rpc.session_hash.take().filter(|hash| hash.parse::<u64>().is_ok());
    cut_text(&mut rpc.method)
        | cut_text(&mut rpc.tool)
        | cut_text(&mut rpc.transport)
        | cut_text(&mut rpc.protocol_version)
        | params
}
