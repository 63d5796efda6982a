//! Whether a group gets an issue of its own, or shares one: a pure function of what else is there.
//!
//! Only groups share an issue whose text is trusted alike, so that an approval, or the trust in a source, covers all of
//! it. Groups of known senders share none with those of strangers. A storm of strangers is that of one client, or of
//! many clients; one client alone makes no storm for the others.

use std::collections::{BTreeMap, BTreeSet};

use autoheal_prepare::Timestamp;
use autoheal_store::{BundleKind, Group, GroupId, Newcomer, Work};

use crate::settings::{Bundling, TrustKind};

/// Maximum number of groups in one issue, without the first one.
pub(crate) const MAX_MEMBERS: usize = 49;

/// How the issue of a group is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opening {
    /// For the group alone.
    Alone,
    /// Not at all, if the issue of one of these groups is still open: the group shares that of the first such one.
    Join(Vec<GroupId>),
    /// Not yet: a storm is under way, whose failures are gathered until this time.
    Wait(Timestamp),
    /// For these groups too, as far as they need an issue.
    Share(BundleKind, Vec<GroupId>),
}

/// Decides about a group that needs an issue. `related` are its near-duplicates, the oldest first, and `newcomers` the
/// groups that were new at the same time, this one included.
pub(crate) fn opening(
    work: &Work,
    related: &[Group],
    newcomers: &[Newcomer],
    bundling: Bundling,
    now: Timestamp,
) -> Opening {
    let alike: Vec<&Group> = related.iter().filter(|other| are_alike(work, other)).collect();
    let related = near_duplicates(work, alike, bundling.related);
    let has_enough = !related.is_empty();
    let leads = with_issue(&related);
    if has_enough && !leads.is_empty() {
        return Opening::Join(leads);
    }
    if let Some(waiting) = storm(work, newcomers, bundling) {
        let until = work.group.first_seen.plus(bundling.window).min(now.plus(bundling.window));
        return if until > now { Opening::Wait(until) } else { Opening::Share(BundleKind::Digest, waiting) };
    }
    if has_enough {
        return Opening::Share(BundleKind::Related, related.iter().take(MAX_MEMBERS).map(|other| other.id).collect());
    }
    Opening::Alone
}

/// The near-duplicates that may share an issue with the group; none below the threshold. Among strangers they are those of
/// the same client, or those of as many clients as the threshold, because a client alone could choose the issue of others'
/// failures.
fn near_duplicates<'a>(work: &Work, alike: Vec<&'a Group>, threshold: u64) -> Vec<&'a Group> {
    let own = |other: &&Group| other.creator == work.group.creator;
    let clients: BTreeSet<_> = alike.iter().map(|other| other.creator).chain([work.group.creator]).collect();
    if work.sample.sender.is_known() {
        if reaches(alike.len() + 1, threshold) { alike } else { Vec::new() }
    } else if reaches(clients.len(), threshold) {
        alike
    } else if reaches(alike.iter().copied().filter(|other| own(other)).count() + 1, threshold) {
        alike.into_iter().filter(own).collect()
    } else {
        Vec::new()
    }
}

/// True if the texts of both are trusted alike, under any setting, and neither is noise.
pub(crate) fn are_alike(work: &Work, other: &Group) -> bool {
    let is_known = work.sample.sender.is_known();
    other.known == is_known
        && work.group.known == is_known
        && TrustKind::of(other.source) == TrustKind::of(work.group.source)
        && other.membership.is_none_or(|membership| membership.known == is_known)
        && !other.is_noise()
}

/// The groups whose issues may be shared: first those that opened one for themselves or a bundle, then others' leads.
fn with_issue(groups: &[&Group]) -> Vec<GroupId> {
    let with_issue = || groups.iter().filter(|group| group.issue.is_some());
    let own = with_issue().filter(|group| group.membership.is_none()).map(|group| group.id);
    let mut leads: Vec<GroupId> = own.collect();
    let others = with_issue().filter_map(|group| group.membership.map(|membership| membership.lead));
    for lead in others {
        if !leads.contains(&lead) {
            leads.push(lead);
        }
    }
    leads
}

fn reaches(count: usize, threshold: u64) -> bool {
    threshold > 0 && count as u64 >= threshold
}

/// The groups that wait for an issue, if the group arrived in a storm.
fn storm(work: &Work, newcomers: &[Newcomer], bundling: Bundling) -> Option<Vec<GroupId>> {
    let is_known = work.sample.sender.is_known();
    if work.group.known != is_known {
        return None;
    }
    let kind = TrustKind::of(work.group.source);
    let mut alike: Vec<Newcomer> =
        newcomers.iter().filter(|other| TrustKind::of(other.source) == kind).copied().collect();
    if !is_known {
        let own: Vec<Newcomer> = alike.iter().filter(|other| other.creator == work.group.creator).copied().collect();
        if reaches(own.len(), bundling.digest) {
            alike = own;
        } else if !reaches(in_turns(&mut alike), bundling.digest) {
            return None;
        }
    } else if !reaches(alike.len(), bundling.digest) {
        return None;
    }
    let waiting = alike.iter().filter(|other| other.waits && other.group != work.group.id);
    Some(waiting.map(|other| other.group).take(MAX_MEMBERS).collect())
}

/// Sorts groups so that each client has its turn: one group of each, then a second of each. Returns the number of
/// clients.
fn in_turns(groups: &mut [Newcomer]) -> usize {
    groups.sort_by_key(|group| (group.first_seen, group.group));
    let mut clients = BTreeMap::new();
    let mut turns = BTreeMap::new();
    for group in groups.iter() {
        let turn = clients.entry(group.creator).or_insert(0_u32);
        turns.insert(group.group, *turn);
        *turn += 1;
    }
    groups.sort_by_key(|group| turns.get(&group.group).copied());
    clients.len()
}
