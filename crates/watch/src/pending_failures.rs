//! Failures that are not reported yet: repeats are counted, and each one waits until standard error may hold its stack.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use crate::moment::Moment;
use autoheal_contract::{Class, Exit};
use autoheal_prepare::fingerprint::is_outage;
use autoheal_prepare::normalise::normalise_message;
use autoheal_prepare::without_arguments;
use serde_json::value::RawValue;

use crate::call::{Call, Client};
use crate::classify::ViolatedSchema;
use crate::setup::Peer;
use crate::stderr::StderrMatch;

/// Number of distinct pending failures from which on messages no longer distinguish new ones: failures of the same
/// call share one entry. From twice this number on, failures of the same class share one entry, except the first ones of
/// each network up to four times this number, because one network could otherwise hide the failures of others.
const MAX_PENDING: usize = 200;
/// Number of pending failures that are the first ones of a network.
const FIRST_OF_NETWORK: usize = 4;
/// Maximum length of the message in a key, in bytes.
const MAX_KEY_MESSAGE_BYTES: usize = 1_000;

/// A failure as it was seen on the wire.
#[derive(Debug)]
pub(crate) struct ObservedFailure {
    pub(crate) class: Class,
    /// Code of the JSON-RPC error, or an HTTP status.
    pub(crate) code: Option<i64>,
    /// Message of the server, or a sentence of autoheal if the server sent none. The message is part of the
    /// fingerprint, so another wording starts a new group.
    pub(crate) message: String,
    pub(crate) violated_schema: Option<ViolatedSchema>,
    /// The failed call; `None` if the failure belongs to no single call.
    pub(crate) call: Option<Call>,
    pub(crate) client: Option<Client>,
    pub(crate) peer: Option<Peer>,
    /// The response, or the invalid line in its place, as it was on the wire.
    pub(crate) response: Option<Box<RawValue>>,
    pub(crate) exit: Option<Exit>,
    /// Number of other calls that ran code during the failed call.
    pub(crate) overlapping: u32,
    pub(crate) occurred_at: Moment,
    /// True if the call is still open.
    pub(crate) is_open: bool,
    /// What a server printed that did not start.
    pub(crate) last_words: Option<StderrMatch>,
}

impl ObservedFailure {
    /// True if the whole server is down, independent of the call.
    pub(crate) fn is_outage(&self) -> bool {
        is_outage(self.code, &self.message)
    }
}

/// A failure and the number of its repeats.
#[derive(Debug)]
pub(crate) struct CountedFailure {
    pub(crate) failure: ObservedFailure,
    pub(crate) count: u64,
    pub(crate) last_occurred_at: Moment,
    /// Time from which the failure may be reported.
    pub(crate) due: Moment,
    /// Position among all failures ever added.
    sequence: u64,
}

/// Failures with equal keys are one failure with a count. The client is part of the key, because reports count distinct
/// clients.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FailureKey {
    class: Class,
    code: Option<i64>,
    subject: Option<Box<str>>,
    client: Option<String>,
    /// Hash of the peer's network.
    network: Option<u64>,
    message: Option<String>,
}

impl FailureKey {
    fn of(failure: &ObservedFailure) -> Self {
        let message = &failure.message[..failure.message.floor_char_boundary(MAX_KEY_MESSAGE_BYTES)];
        let params = failure.call.as_ref().and_then(|call| serde_json::from_str(call.params.as_deref()?.get()).ok());
        let subject = failure.call.as_ref().map_or("", Call::subject);
        let message = match &params {
            Some(params) => without_arguments(message, subject, params),
            None => Cow::Borrowed(message),
        };
        Self {
            class: failure.class,
            code: failure.code,
            subject: failure.call.as_ref().filter(|_| !failure.is_outage()).map(|call| call.subject().into()),
            client: failure.client.as_ref().map(|client| client.name.clone()),
            network: failure.peer.map(|peer| peer.network),
            message: Some(normalise_message(&message)),
        }
    }
}

/// Failures that are not reported yet.
#[derive(Debug, Default)]
pub(crate) struct PendingFailures {
    failures: HashMap<FailureKey, CountedFailure>,
    /// Number of failures ever added.
    added: u64,
}

impl PendingFailures {
    /// Adds a failure that is due after the delay. A failure with the key of a pending one only raises its count.
    pub(crate) fn add(&mut self, failure: ObservedFailure, delay: Duration) {
        let mut key = FailureKey::of(&failure);
        if self.failures.len() >= MAX_PENDING && !self.failures.contains_key(&key) {
            key.message = None;
        }
        if self.is_full_for(key.network) && !self.failures.contains_key(&key) {
            key = FailureKey { code: None, subject: None, client: None, network: None, ..key };
        }
        let (due, last_occurred_at) = (failure.occurred_at.plus(delay), failure.occurred_at);
        let sequence = self.added;
        self.added += 1;
        let first = CountedFailure { failure, count: 0, last_occurred_at, due, sequence };
        let counted = self.failures.entry(key).or_insert(first);
        counted.count += 1;
        counted.last_occurred_at = last_occurred_at;
    }

    fn is_full_for(&self, network: Option<u64>) -> bool {
        let of_network = || self.failures.keys().filter(|key| key.network == network).count();
        self.failures.len() >= 2 * MAX_PENDING
            && (self.failures.len() >= 4 * MAX_PENDING || of_network() >= FIRST_OF_NETWORK)
    }

    /// True if a failure with the same key is pending.
    pub(crate) fn contains(&self, failure: &ObservedFailure) -> bool {
        !self.failures.is_empty() && self.failures.contains_key(&FailureKey::of(failure))
    }

    /// Makes the failures due at this time that would be due later.
    pub(crate) fn hasten(&mut self, due: Moment) {
        self.failures.values_mut().for_each(|counted| counted.due = counted.due.min(due));
    }

    /// Drops what was printed in place of messages by a server that did not start, because these lines are its reason.
    pub(crate) fn forget_invalid_lines(&mut self) {
        self.failures.retain(|key, counted| key.class != Class::ProtocolError || counted.failure.call.is_some());
    }

    /// Time at which the next failure is due.
    pub(crate) fn due(&self) -> Option<Moment> {
        self.failures.values().map(|counted| counted.due).min()
    }

    /// Takes the oldest failure that is due.
    pub(crate) fn take(&mut self, now: Moment) -> Option<CountedFailure> {
        let age = |counted: &CountedFailure| (counted.failure.occurred_at, counted.sequence);
        let oldest = self.failures.values().filter(|counted| counted.due <= now).map(age).min()?;
        self.failures.extract_if(|_, counted| age(counted) == oldest).next().map(|(_, counted)| counted)
    }
}
