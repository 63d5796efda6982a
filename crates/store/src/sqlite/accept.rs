//! Counts records into groups. The totals of a group are written once per commit, not once per report.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Result, params};
use uuid::Uuid;

use super::cache::{Cache, CachedGroup, cached_group, group_of, known_group, project_id};
use super::call_ends::{self, Meeting, OtherEnd};
use super::rank::Rank;
use super::read::or_default;
use super::{bundle, client, erase, raise, sample};
use crate::{Accepted, ClientHash, Record};
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};
use autoheal_prepare::validate::Identity;
use autoheal_prepare::{CallEnd, Timestamp};

/// Maximum number of samples per group: the first, and a few to compare with it.
pub(super) const MAX_SAMPLES: usize = 10;
/// Maximum size of all samples of a group, in bytes. The first one is kept in any case.
pub(super) const MAX_SAMPLES_BYTES: usize = 128 * 1024;
/// Maximum size of a class or a release in its own column, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 200;
/// Maximum number of distinct clients that are counted per group. Known senders have as many places again, so that
/// strangers do not keep them from being counted.
const MAX_CLIENTS: usize = 1_000;
/// Maximum number of releases that are counted per group, because any sender can invent releases, and each costs a row.
const MAX_RELEASES: usize = 50;

/// Counted but unwritten additions to the groups, by the groups' ids.
#[derive(Default)]
pub(super) struct Batch {
    deltas: HashMap<i64, Delta>,
}

struct Delta {
    count: u64,
    known_count: u64,
    clients: u64,
    known_clients: u64,
    noise: u64,
    /// Calls that are no noise after all, because of the report of their other end.
    noise_undone: u64,
    noise_rule: Option<String>,
    last_seen: Timestamp,
    releases: HashMap<String, u64>,
}

impl Batch {
    /// Counts records, except those whose ids were counted before. [`Batch::write`] writes the totals of the groups. If
    /// the store is full, no further samples are kept. Counts none, and returns none, if one is a repeat that must be
    /// prepared.
    pub(super) fn count(
        &mut self,
        connection: &Connection,
        cache: &mut Cache,
        records: &[Record],
        is_full: bool,
    ) -> Result<Option<Vec<Accepted>>> {
        let ends: Vec<Option<CallEnd>> = records.iter().map(Record::call_end).collect();
        let mut repeats = records.iter().filter(|record| record.prepared().is_none()).peekable();
        let has_repeats = repeats.peek().is_some();
        // a call's other end may make two groups one, after which the group of a repeat may be gone or keep more samples
        if has_repeats && has_other_end(connection, cache, records, &ends)? {
            return Ok(None);
        }
        for record in repeats {
            if !is_countable(connection, cache, record, is_full)? {
                return Ok(None);
            }
        }
        let mut accepted = Vec::with_capacity(records.len());
        for (record, end) in records.iter().zip(ends) {
            accepted.push(self.count_one(connection, cache, record, end, !has_repeats, is_full)?);
        }
        Ok(Some(accepted))
    }

    fn count_one(
        &mut self,
        connection: &Connection,
        cache: &mut Cache,
        record: &Record,
        end: Option<CallEnd>,
        may_meet: bool,
        is_full: bool,
    ) -> Result<Accepted> {
        let project = project_id(connection, cache, &record.arrival().project)?;
        let id = record.identity().uuid();
        // Check for a duplicate before the group is loaded, because loading creates a missing group.
        let key = (project, record.fingerprint());
        if matches!(record.identity(), Identity::Given(_))
            && (end.is_some() && may_meet || !cache.aliases.contains_key(&key))
            && let Some(counted) = group_of_id(connection, project, id)?
        {
            // The group may have been deleted since. Its reports must not come back by a repeated delivery.
            let (fingerprint, count) = counted.unwrap_or((record.fingerprint(), 0));
            return Ok(Accepted { id, fingerprint, duplicate: true, count, may_repeat: false });
        }
        let client = client::hash(&cache.salt, record);
        let is_known = record.arrival().sender.is_known();
        let met = match (record.prepared(), &end) {
            (Some(prepared), Some(end)) if may_meet => {
                self.meet(connection, cache, project, (record, prepared), end)?
            }
            _ => None,
        };
        let meeting = met.map(|(meeting, _)| meeting);
        let group = match (meeting, record) {
            (Some(Meeting::OnlyThis(group)), _) => group,
            (_, Record::Prepared(record)) => group_of(connection, cache, project, record, client)?,
            (_, Record::Repeat(repeat)) => known_group(connection, cache, project, repeat.fingerprint())?
                .ok_or(rusqlite::Error::QueryReturnedNoRows)?,
        };
        let rules = cache.raise;
        let release = record.release().map(|release| start(release, MAX_NAME_BYTES)).filter(|_| is_known);
        let is_new_release =
            release.is_some_and(|release| !cache.known_releases.contains(&(project, release.to_owned())));
        let group = cached_group(connection, cache, group)?;
        if matches!(record.identity(), Identity::Given(_)) && !insert_id(connection, project, id, group.id, record)? {
            let other =
                group_of_id(connection, project, id)?.flatten().filter(|(other, _)| *other != record.fingerprint());
            let (fingerprint, count) = other.unwrap_or((record.fingerprint(), group.count));
            return Ok(Accepted { id, fingerprint, duplicate: true, count, may_repeat: false });
        }
        let is_first_known = is_known && (group.count == 0 || !group.known);
        if let Some(release) = release.filter(|_| is_first_known || is_new_release) {
            let at = record.received_at();
            raise::note_release(connection, rules, (project, group.id), release, is_first_known, at)?;
        }
        if is_first_known {
            group.known = true;
            connection
                .prepare_cached("UPDATE groups SET known = 1, known_since = ?2 WHERE id = ?1")?
                .execute([group.id, record.received_at().0])?;
            // A new group becomes due when the totals are written.
            if group.count > 0 {
                sample::make_due(connection, group.id, record.received_at())?;
            }
        }
        let is_new = group.count == 0;
        if let (Some(end), None) = (&end, meeting) {
            call_ends::add(connection, project, end, record, group.id, is_new)?;
        }
        let rank = Rank::of(record);
        let mut may_repeat = true;
        if let Record::Prepared(record) = record {
            let need = sample_need(connection, group, rank)?;
            keep_sample(connection, (project, group), (record, rank), need, client, is_full)?;
            may_repeat = meeting.is_none() && !wants_sample(group, sample_need(connection, group, rank)?, false);
        }
        let delta = self.deltas.entry(group.id).or_insert_with(|| Delta {
            count: 0,
            known_count: 0,
            clients: 0,
            known_clients: 0,
            noise: 0,
            noise_undone: 0,
            noise_rule: None,
            last_seen: record.received_at(),
            releases: HashMap::new(),
        });
        let count = record.count();
        // the call was counted with the report of its other end
        let other = met.filter(|(meeting, _)| *meeting != Meeting::Apart).map(|(_, other)| other);
        let is_met_by_known = other.is_some_and(|other| other.known);
        delta.known_count += if is_known { count - u64::from(is_met_by_known) } else { 0 };
        let count = count - u64::from(other.is_some());
        delta.count += count;
        delta.noise_undone += u64::from(other.is_some_and(|other| other.noise) && record.noise().is_none());
        if let Some(rule) = record.noise() {
            delta.noise += count;
            delta.noise_rule = Some(start(rule, MAX_NAME_BYTES).to_owned());
        }
        group.count += count;
        delta.last_seen = delta.last_seen.max(record.received_at());
        if let Some(release) = record.release().map(|release| start(release, MAX_NAME_BYTES))
            && (group.releases.contains(release)
                || (group.releases.len() < MAX_RELEASES && group.releases.insert(release.to_owned())))
        {
            *delta.releases.entry(release.to_owned()).or_default() += count;
        }
        let max_clients = if is_known { 2 * MAX_CLIENTS } else { MAX_CLIENTS };
        let is_noise = record.noise().is_some(); // a crawler is no client of the application
        if !is_noise && group.stored_clients + group.clients.len() < max_clients && group.clients.insert(client) {
            // The client may be in the file already, because the cache holds only those seen since the group was
            // loaded.
            let added = connection
                .prepare_cached("INSERT OR IGNORE INTO clients (group_id, client, known) VALUES (?1, ?2, ?3)")?
                .execute(params![group.id, client.0, is_known])? as u64;
            delta.clients += added;
            delta.known_clients += if is_known { added } else { 0 };
        }
        let count = group.count;
        if let Some(release) = release.filter(|_| is_new_release) {
            cache.known_releases.insert((project, release.to_owned()));
        }
        let fingerprint = match meeting {
            Some(Meeting::OnlyThis(group)) => fingerprint_of(connection, group)?,
            _ => record.fingerprint(),
        };
        Ok(Accepted { id, fingerprint, duplicate: false, count, may_repeat })
    }

    /// Makes one group of a record's and that of the other end of its call; none if the other end was not reported.
    fn meet(
        &mut self,
        connection: &Connection,
        cache: &mut Cache,
        project: i64,
        (record, prepared): (&Record, &Fingerprinted),
        end: &CallEnd,
    ) -> Result<Option<(Meeting, OtherEnd)>> {
        let Some(other) = call_ends::find(connection, project, end, record)? else { return Ok(None) };
        self.write(connection, cache)?;
        let meeting = call_ends::meet(connection, project, prepared, other)?;
        match meeting {
            Meeting::Join { page, server } => {
                call_ends::join(connection, page, server)?;
                cache.forget(&[page, server]);
            }
            Meeting::TakeOver(group) => {
                call_ends::take_over(connection, project, prepared, group)?;
                cache.forget(&[group]);
            }
            Meeting::Apart | Meeting::One | Meeting::OnlyThis(_) => {}
        }
        Ok(Some((meeting, other)))
    }

    /// Writes the totals counted since the last call.
    pub(super) fn write(&mut self, connection: &Connection, cache: &mut Cache) -> Result<()> {
        for (group, delta) in self.deltas.drain() {
            connection
                .prepare_cached(
                    "UPDATE groups SET count = count + ?2, known_count = known_count + ?3, clients = clients + ?4,
                         known_clients = known_clients + ?5, last_seen = max(last_seen, ?6),
                         noise = max(noise + ?7 - ?9, 0), noise_rule = coalesce(?8, noise_rule) WHERE id = ?1",
                )?
                .execute(params![
                    group,
                    delta.count,
                    delta.known_count,
                    delta.clients,
                    delta.known_clients,
                    delta.last_seen.0,
                    delta.noise,
                    delta.noise_rule,
                    delta.noise_undone
                ])?;
            // Moves the group in the index of the list, at most once a second.
            connection
                .prepare_cached("UPDATE groups SET listed_at = ?2 WHERE id = ?1 AND listed_at < ?2")?
                .execute(params![group, delta.last_seen.0.div_euclid(1000)])?;
            // Makes the group due at once, even if it has an issue: the worker decides when to update the counts.
            // A separate statement, because setting an indexed column rewrites the index even if the value is the same.
            connection
                .prepare_cached(
                    // A refused step waits up to a day, but not if its group is seen again. Within a minute, not at
                    // once, because a hot group would cost a decision for each report.
                    "UPDATE groups SET act_at = CASE WHEN act_at IS NULL AND status <> 'refused' THEN ?2 ELSE ?2 + 60000 END
                     WHERE id = ?1 AND (act_at IS NULL OR act_at > ?2 + 3600000)",
                )?
                .execute(params![group, delta.last_seen.0])?;
            if delta.known_count > 0 {
                raise::count_hour(connection, cache.raise, group, delta.known_count, delta.last_seen)?;
            }
            for (release, count) in delta.releases {
                connection
                    .prepare_cached(
                        "INSERT INTO releases (group_id, release, count, first_seen, last_seen)
                         VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT DO UPDATE
                         SET count = count + excluded.count, last_seen = excluded.last_seen",
                    )?
                    .execute(params![group, release, count, delta.last_seen.0])?;
            }
        }
        cache.limit();
        Ok(())
    }
}

/// True if one of the records is about a call whose other end was reported, before or among them.
fn has_other_end(
    connection: &Connection,
    cache: &mut Cache,
    records: &[Record],
    ends: &[Option<CallEnd>],
) -> Result<bool> {
    for (at, (record, end)) in records.iter().zip(ends).enumerate() {
        let Some(end) = end else { continue };
        if ends[..at].iter().flatten().any(|earlier| earlier.meets(end)) {
            return Ok(true);
        }
        let project = project_id(connection, cache, &record.arrival().project)?;
        if call_ends::find(connection, project, end, record)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// True if a repeat may be counted: its group exists, and keeps no sample of it.
fn is_countable(connection: &Connection, cache: &mut Cache, repeat: &Record, is_full: bool) -> Result<bool> {
    let project = project_id(connection, cache, &repeat.arrival().project)?;
    let Some(group) = known_group(connection, cache, project, repeat.fingerprint())? else { return Ok(false) };
    let group = cached_group(connection, cache, group)?;
    Ok(!wants_sample(group, sample_need(connection, group, Rank::of(repeat))?, is_full))
}

/// Whether a group needs the sample of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SampleNeed {
    /// Kept if there is space.
    Optional,
    /// Kept in any case.
    Needed,
    /// Kept and shown.
    Shown,
}

fn sample_need(connection: &Connection, group: &CachedGroup, rank: Rank) -> Result<SampleNeed> {
    let is_first_known = rank.is_known() && !group.known_sample;
    // A stranger's report, or another one of a known sender, does not change the text of an issue, because that would
    // revoke an approval.
    let is_better =
        rank > group.shown && ((rank.is_known() && !group.shown.is_known()) || !has_issue(connection, group.id)?);
    let is_shown = group.samples == 0 || group.is_empty || is_better;
    Ok(match (is_shown, is_first_known) {
        (true, _) => SampleNeed::Shown,
        (false, true) => SampleNeed::Needed,
        (false, false) => SampleNeed::Optional,
    })
}

/// True if the sample of a report is kept, unless it turns out to be too large.
fn wants_sample(group: &CachedGroup, need: SampleNeed, is_full: bool) -> bool {
    let has_enough = group.samples >= MAX_SAMPLES || group.sample_bytes >= MAX_SAMPLES_BYTES || group.has_no_space;
    need > SampleNeed::Optional || !(is_full || has_enough)
}

/// Keeps a record as a sample if there is space, or if it is the first of a known sender. The first sample of a known
/// sender replaces a shown one of a stranger, so that a stranger who reports first does not choose the text.
fn keep_sample(
    connection: &Connection,
    (project, group): (i64, &mut CachedGroup),
    (record, rank): (&Fingerprinted, Rank),
    need: SampleNeed,
    client: ClientHash,
    is_full: bool,
) -> Result<()> {
    if !wants_sample(group, need, is_full) {
        return Ok(());
    }
    let json = sample::json(record)?;
    while group.samples > 0 && (group.samples >= MAX_SAMPLES || group.sample_bytes + json.len() > MAX_SAMPLES_BYTES) {
        if need == SampleNeed::Optional {
            group.has_no_space = true;
            return Ok(());
        }
        let Some(bytes) = sample::make_space(connection, group.id)? else { break };
        group.samples -= 1;
        group.sample_bytes = group.sample_bytes.saturating_sub(bytes);
    }
    let id = sample::insert(connection, group.id, record, &json, client)?;
    group.sample_bytes += json.len();
    group.samples += 1;
    group.known_sample |= rank.is_known();
    if need == SampleNeed::Shown {
        sample::show(connection, group.id, id, record)?;
        bundle::set_traits(connection, project, group.id, record)?;
        group.shown = rank;
    }
    if group.is_empty {
        // after the insertion, so that no id is used again
        erase::delete_placeholder(connection, group.id)?;
        group.is_empty = false;
        group.samples -= 1;
    }
    Ok(())
}

fn has_issue(connection: &Connection, group: i64) -> Result<bool> {
    connection
        .prepare_cached("SELECT issue_number IS NOT NULL FROM groups WHERE id = ?1")?
        .query_row([group], |row| row.get(0))
}

/// The fingerprint by which links name a group.
fn fingerprint_of(connection: &Connection, group: i64) -> Result<Fingerprint> {
    connection
        .prepare_cached("SELECT fingerprint FROM groups WHERE id = ?1")?
        .query_row([group], |row| row.get(0).map(Fingerprint))
}

/// Inserts a report id; returns false if it was there already.
fn insert_id(connection: &Connection, project: i64, id: Uuid, group: i64, record: &Record) -> Result<bool> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO report_ids (project_id, id, group_id, seen_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![project, id.as_bytes(), group, record.received_at().0])
        .map(|rows| rows > 0)
}

/// Returns the fingerprint of the group that counted this id, and the group's count without the open batch; the inner
/// option is none if the group was deleted.
fn group_of_id(connection: &Connection, project: i64, id: Uuid) -> Result<Option<Option<(Fingerprint, u64)>>> {
    connection
        .prepare_cached(
            "SELECT groups.fingerprint, groups.count FROM report_ids LEFT JOIN groups ON groups.id = group_id
             WHERE report_ids.project_id = ?1 AND report_ids.id = ?2",
        )?
        .query_row(params![project, id.as_bytes()], |row| {
            let fingerprint: Option<_> = or_default(row, 0)?;
            Ok(fingerprint.map(Fingerprint).zip(or_default(row, 1)?))
        })
        .optional()
}

/// The longest start of a text with at most this many bytes.
pub(super) fn start(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
