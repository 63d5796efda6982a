//! `Repeat`: a further report of a failure that was prepared before, which is counted without being prepared again.
//!
//! Two reports with the same [`RepeatKey`] are in the same group, count for the same release, and are noise by the same rule.
//! The key is a hash of everything that decides about that, byte for byte. What only a sample shows, such as the URL of the page, is not part of
//! it, so a report may be treated as a repeat only while its group keeps no further sample. The store decides that.

use std::borrow::Cow;
use std::sync::Arc;

use autoheal_contract::{Json, Rpc, Source, Trace};
use autoheal_scrub::{Level, scrub_with};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::arguments::without_arguments;
use crate::call_end::{call, id_key, is_server_end};
use crate::fingerprint::{Fingerprint, Fingerprinted};
use crate::rules::Rules;
use crate::scrub::mask_home;
use crate::server_failure;
use crate::validate::{Arrival, Client, Identity, Received, identity, limited_count};
use crate::{CallEnd, CallKey, Timestamp};

/// Members that differ between occurrences and decide neither about the group nor about the release. Of `context`
/// and `rpc`, what decides is hashed apart.
const OF_ONE_OCCURRENCE: [&str; 9] =
    ["id", "count", "first_seen", "last_seen", "context", "client", "user", "rpc", "trace"];
/// Members of log lines. They decide about the group only if the error is searched in them.
const LOGS: [&str; 2] = ["logs", "breadcrumbs"];

/// Hash of all that decides about a report's group, release and noise, by SHA-256, so that a sender cannot make two different
/// reports equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RepeatKey([u8; 32]);

/// What differs between the reports of one failure.
#[derive(Debug)]
pub struct Occurrence {
    key: RepeatKey,
    identity: Identity,
    count: u64,
    arrival: Arrival,
    trace: Option<Trace>,
    rpc: Option<Rpc>,
}

/// What is the same in all reports with one key.
#[derive(Debug)]
pub struct KnownFailure {
    fingerprint: Fingerprint,
    source: Source,
    release: Option<Box<str>>,
    noise: Option<Box<str>>,
    call: Option<KnownCall>,
}

/// What all reports of a failed call say about it.
#[derive(Debug)]
struct KnownCall {
    /// The end that they are made at; none if the call has no other end.
    is_server_end: Option<bool>,
    method: Box<str>,
    tool: Box<str>,
}

/// What is counted of a further report of a known failure.
#[derive(Debug)]
pub struct Repeat {
    known: Arc<KnownFailure>,
    identity: Identity,
    count: u64,
    arrival: Arrival,
    end: Option<CallEnd>,
    request_key: Option<CallKey>,
}

impl Received<'_> {
    /// Reads what differs between occurrences, without preparing the report. None for a report that must be prepared: one
    /// whose client is the one that it names, and one whose request has an id that scrubbing would change.
    #[must_use]
    pub fn occurrence(&self, arrival: &Arrival, rules: &Rules) -> Option<Occurrence> {
        if arrival.client == Client::Own {
            return None;
        }
        self.with_members(|members, fields| {
            let (source, rpc) = (fields.typed("source"), fields.rpc());
            if rpc.as_ref().and_then(|rpc| rpc.id.as_deref()).is_some_and(|id| !is_clean(id)) {
                return None;
            }
            // only reports of pages are noise
            let is_page = source.unwrap_or_default() == Source::JavascriptSdk;
            let context = is_page.then(|| fields.context()).flatten();
            let mut key = key(members, source, rpc.as_ref(), arrival);
            let text = |name| context.as_ref()?.get(name).and_then(Json::as_str);
            key.optional(text("url").map(|url| rules.noise_url(url)));
            key.optional(text("userAgent"));
            let mut marks = Vec::new();
            Some(Occurrence {
                key: key.finish(),
                identity: identity(fields.id().as_deref(), &mut marks),
                count: limited_count(fields.typed("count"), arrival.sender),
                arrival: arrival.clone(),
                trace: fields.trace(),
                rpc,
            })
        })
    }
}

/// True if no level of scrubbing changes a text.
fn is_clean(text: &str) -> bool {
    let is_same = |scrubbed| matches!(scrubbed, Cow::Borrowed(_));
    [Level::Standard, Level::Strict].iter().all(|level| is_same(scrub_with(text, *level))) && is_same(mask_home(text))
}

fn key(members: &[(Cow<'_, str>, &RawValue)], source: Option<Source>, rpc: Option<&Rpc>, arrival: &Arrival) -> Hasher {
    let mut hash = Hasher(Sha256::new());
    hash.text(&arrival.project);
    hash.0.update([arrival.sender as u8]);
    for (name, value) in members {
        let is_left_out =
            OF_ONE_OCCURRENCE.contains(&&**name) || LOGS.contains(&&**name) && source != Some(Source::Cli);
        if !is_left_out {
            hash.text(name);
            hash.text(value.get());
        }
    }
    // no text has this length
    hash.0.update(u64::MAX.to_le_bytes());
    hash.0.update([u8::from(rpc.is_some())]);
    if let Some(rpc) = rpc {
        // Without `..`, so that a new field is not forgotten.
        let Rpc { method, tool, code, params, transport, protocol_version, duration_ms: _, id: _, session_hash: _ } =
            rpc;
        hash.0.update([u8::from(code.is_some())]);
        hash.0.update(code.unwrap_or_default().to_le_bytes());
        for text in [method, tool, transport, protocol_version].map(Option::as_deref) {
            hash.optional(text);
        }
        hash.optional(server_failure::name(rpc));
        // the message counts without the call's arguments
        let message = members.iter().find(|(name, _)| name == "error_message");
        let message = message.and_then(|(_, message)| serde_json::from_str::<Cow<'_, str>>(message.get()).ok());
        let call = server_failure::name(rpc).unwrap_or_default();
        let without = message.as_ref().map(|message| match params {
            Some(params) => without_arguments(message, call, params),
            None => Cow::Borrowed(&**message),
        });
        hash.optional(without.as_deref());
    }
    hash
}

/// Hashes each text with its length, so that `ab` and `c` differ from `a` and `bc`.
struct Hasher(Sha256);

impl Hasher {
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    fn finish(self) -> RepeatKey {
        RepeatKey(self.0.finalize().into())
    }
}

impl Occurrence {
    /// Returns the key by which a known failure is found.
    #[must_use]
    pub fn key(&self) -> RepeatKey {
        self.key
    }

    /// Makes the repeat of a failure that was found by the key.
    #[must_use]
    pub fn repeat(self, known: Arc<KnownFailure>) -> Repeat {
        let (end, request_key) = match (&known.call, &self.rpc) {
            (Some(KnownCall { is_server_end, method, tool }), Some(rpc)) => {
                let call = [&**method, &**tool];
                let end = is_server_end.and_then(|is_server| CallEnd::of_call(is_server, call, self.trace, rpc));
                (end, id_key(call, rpc))
            }
            _ => (None, None),
        };
        Repeat { known, identity: self.identity, count: self.count, arrival: self.arrival, end, request_key }
    }
}

impl KnownFailure {
    /// The failure of a report that was prepared.
    #[must_use]
    pub fn of(record: &Fingerprinted) -> Self {
        Self {
            fingerprint: record.fingerprint(),
            source: record.source(),
            release: record.report().release.as_deref().map(Box::from),
            noise: record.noise().map(Box::from),
            call: record.report().rpc.as_ref().and_then(call).map(|[method, tool]| {
                let is_server_end = is_server_end(record.report());
                KnownCall { is_server_end, method: method.into(), tool: tool.into() }
            }),
        }
    }

    /// Returns the memory that it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of_call = self.call.iter().flat_map(|call| [&call.method, &call.tool]);
        let texts = [&self.release, &self.noise].into_iter().flatten().chain(of_call);
        size_of::<Self>() + texts.map(|text| text.len()).sum::<usize>()
    }
}

impl Repeat {
    /// Returns the fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.known.fingerprint
    }

    /// Returns the kind of sender that the report claims.
    #[must_use]
    pub fn source(&self) -> Source {
        self.known.source
    }

    /// Returns the release, scrubbed.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        self.known.release.as_deref()
    }

    /// Returns the name of the rule by which the report is noise; none if it is none.
    #[must_use]
    pub fn noise(&self) -> Option<&str> {
        self.known.noise.as_deref()
    }

    /// Returns the report's id.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Returns the end of the call that the report was made at; none if the report of another end cannot be about it.
    #[must_use]
    pub fn end(&self) -> Option<CallEnd> {
        self.end
    }

    /// Returns the key of its call by the request's id, as [`request_key`](crate::request_key) does.
    #[must_use]
    pub fn request_key(&self) -> Option<CallKey> {
        self.request_key
    }

    /// Returns the number of occurrences that the report counts.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the project, the sender and the time of its arrival.
    #[must_use]
    pub fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// Returns the time of its arrival.
    #[must_use]
    pub fn received_at(&self) -> Timestamp {
        self.arrival.received_at
    }
}

#[cfg(test)]
mod tests;
