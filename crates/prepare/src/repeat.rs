//! `Repeat`: a further report of a failure that was prepared before, which is counted without being prepared again.
//!
//! Two reports with the same [`RepeatKey`] are in the same group, count for the same release, and are noise by the same rule.
//! The key is a hash of everything that decides about that, byte for byte. What only a sample shows, such as the URL of the page, is not part of
//! it, so a report may be treated as a repeat only while its group keeps no further sample. The store decides that.

use std::borrow::Cow;

use autoheal_contract::{Json, Rpc, Source};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::Timestamp;
use crate::fingerprint::{Fingerprint, Fingerprinted};
use crate::rules::Rules;
use crate::server_failure;
use crate::validate::{Arrival, Client, Identity, Received, identity, limited_count};

/// Members that differ between occurrences and decide neither about the group nor about the release. Of `context`
/// and `rpc`, what decides is hashed apart.
const OF_ONE_OCCURRENCE: [&str; 8] = ["id", "count", "first_seen", "last_seen", "context", "client", "user", "rpc"];
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
}

/// What is the same in all reports with one key.
#[derive(Debug, Clone)]
pub struct KnownFailure {
    fingerprint: Fingerprint,
    source: Source,
    release: Option<Box<str>>,
    noise: Option<Box<str>>,
}

/// What is counted of a further report of a known failure.
#[derive(Debug)]
pub struct Repeat {
    fingerprint: Fingerprint,
    source: Source,
    release: Option<Box<str>>,
    noise: Option<Box<str>>,
    identity: Identity,
    count: u64,
    arrival: Arrival,
}

impl Received<'_> {
    /// Reads what differs between occurrences, without preparing the report. None for a report that must be prepared: one
    /// whose client is the one that it names, and one that may be about the same call as the report of the call's other end.
    #[must_use]
    pub fn occurrence(&self, arrival: &Arrival, rules: &Rules) -> Option<Occurrence> {
        if arrival.client == Client::Own {
            return None;
        }
        self.with_members(|members, fields| {
            let (source, rpc) = (fields.typed("source"), fields.rpc());
            let has_trace = members.iter().any(|(name, _)| name == "trace");
            if has_trace || rpc.as_ref().is_some_and(|rpc| rpc.id.is_some()) {
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
            })
        })
    }
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
        let Rpc { method, tool, code, params: _, transport, protocol_version, duration_ms: _, id: _, session_hash: _ } =
            rpc;
        hash.0.update([u8::from(code.is_some())]);
        hash.0.update(code.unwrap_or_default().to_le_bytes());
        // of the parameters, only the name of what was called decides
        for text in [method, tool, transport, protocol_version].map(Option::as_deref) {
            hash.optional(text);
        }
        hash.optional(server_failure::name(rpc));
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
    pub fn repeat(self, known: KnownFailure) -> Repeat {
        let KnownFailure { fingerprint, source, release, noise } = known;
        Repeat {
            fingerprint,
            source,
            release,
            noise,
            identity: self.identity,
            count: self.count,
            arrival: self.arrival,
        }
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
        }
    }

    /// Returns the memory that it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + [&self.release, &self.noise].into_iter().flatten().map(|text| text.len()).sum::<usize>()
    }
}

impl Repeat {
    /// Returns the fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Returns the kind of sender that the report claims.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// Returns the release, scrubbed.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        self.release.as_deref()
    }

    /// Returns the name of the rule by which the report is noise; none if it is none.
    #[must_use]
    pub fn noise(&self) -> Option<&str> {
        self.noise.as_deref()
    }

    /// Returns the report's id.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
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
