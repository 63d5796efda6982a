//! Counts records into groups. The totals of a group are written once per commit, not once per report.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Result, params};
use uuid::Uuid;

use super::rank::Rank;
use super::read::or_default;
use super::upkeep::Need;
use super::{client, erase, sample};
use crate::{Accepted, ClientHash, GroupId};
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};
use autoheal_prepare::validate::Identity;
use autoheal_prepare::{Timestamp, headline};

/// Maximum number of samples per group: the first, and a few to compare with it.
const MAX_SAMPLES: usize = 10;
/// Maximum size of all samples of a group, in bytes. The first one is kept in any case.
const MAX_SAMPLES_BYTES: usize = 128 * 1024;
/// Maximum size of a class or a release in its own column, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 200;
/// Maximum number of distinct clients that are counted per group.
const MAX_CLIENTS: usize = 1_000;
/// Maximum number of releases that are counted per group, because any sender can invent releases, and each costs a row.
const MAX_RELEASES: usize = 50;
/// Maximum number of groups that stay in the cache between commits.
const MAX_CACHED_GROUPS: usize = 2_000;

/// Projects and groups as the file holds them. The copy stays correct, because nothing else writes to the file but jobs
/// after which the cache is emptied.
pub(super) struct Cache {
    /// Part of every client's hash.
    salt: Vec<u8>,
    projects: HashMap<String, i64>,
    /// Ids of groups by their projects and fingerprints. A group has several of them.
    aliases: HashMap<(i64, Fingerprint), i64>,
    groups: HashMap<i64, CachedGroup>,
}

struct CachedGroup {
    id: i64,
    /// Number of occurrences, including those of the open batch.
    count: u64,
    /// Number of samples in the file.
    samples: usize,
    /// Size of the samples in the file, in bytes.
    sample_bytes: usize,
    /// Number of clients in the file when the group was loaded.
    stored_clients: usize,
    /// Hashes of the clients seen since the group was loaded.
    clients: HashSet<ClientHash>,
    /// True if a known sender reported it.
    known: bool,
    /// True if a known sender's report is among the samples.
    known_sample: bool,
    /// Rank of the shown sample. A report of a higher rank replaces it.
    shown: Rank,
    /// True if the group was emptied on request, and holds no report yet.
    is_empty: bool,
    /// Names of the releases. Counting them in the file instead would cost a temporary table for each report.
    releases: HashSet<String>,
}

impl Cache {
    pub(super) fn new(salt: Vec<u8>) -> Self {
        Self { salt, projects: HashMap::new(), aliases: HashMap::new(), groups: HashMap::new() }
    }

    /// Empties the cache. Needed after a failed commit, because the file then lacks what the cache holds.
    pub(super) fn clear(&mut self) {
        self.projects.clear();
        self.clear_groups();
    }

    fn clear_groups(&mut self) {
        self.aliases.clear();
        self.groups.clear();
    }

    /// Estimates the space that records need. Their ids are not looked at, so a repeated report of a group that does not
    /// exist any more counts as one of a new group.
    pub(super) fn need(
        &mut self,
        connection: &Connection,
        records: &[Fingerprinted],
        keeps_samples: bool,
    ) -> Result<Need> {
        let mut need = Need::default();
        for record in records {
            let project = project_id(connection, self, &record.arrival().project)?;
            let is_new = !self.aliases.contains_key(&(project, record.fingerprint()))
                && find_aliases(connection, project, record)? == (None, None);
            let is_known = record.arrival().sender.is_known();
            let sample = is_new || is_known || keeps_samples;
            let sample = sample.then(|| sample::json(record)).transpose()?;
            need.add(is_new, is_known, sample.map(|json| json.len()));
        }
        Ok(need)
    }
}

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
    last_seen: Timestamp,
    releases: HashMap<String, u64>,
}

impl Batch {
    /// Counts records, except those whose ids were counted before. [`Batch::write`] writes the totals of the groups. If
    /// the store is full, no further samples are kept.
    pub(super) fn count(
        &mut self,
        connection: &Connection,
        cache: &mut Cache,
        records: Vec<Fingerprinted>,
        is_full: bool,
    ) -> Result<Vec<Accepted>> {
        records.into_iter().map(|record| self.count_one(connection, cache, &record, is_full)).collect()
    }

    fn count_one(
        &mut self,
        connection: &Connection,
        cache: &mut Cache,
        record: &Fingerprinted,
        is_full: bool,
    ) -> Result<Accepted> {
        let project = project_id(connection, cache, &record.arrival().project)?;
        let id = record.identity().uuid();
        // Check for a duplicate before the group is loaded, because loading creates a missing group.
        let key = (project, record.fingerprint());
        if matches!(record.identity(), Identity::Given(_))
            && !cache.aliases.contains_key(&key)
            && let Some(counted) = group_of_id(connection, project, id)?
        {
            // The group may have been deleted since. Its reports must not come back by a repeated delivery.
            let (fingerprint, count) = counted.unwrap_or((record.fingerprint(), 0));
            return Ok(Accepted { id, fingerprint, duplicate: true, count });
        }
        let client = client::hash(&cache.salt, record);
        let is_known = record.arrival().sender.is_known();
        let group = cached_group(connection, cache, project, record, client)?;
        if matches!(record.identity(), Identity::Given(_)) && !insert_id(connection, project, id, group.id, record)? {
            let other =
                group_of_id(connection, project, id)?.flatten().filter(|(other, _)| *other != record.fingerprint());
            let (fingerprint, count) = other.unwrap_or((record.fingerprint(), group.count));
            return Ok(Accepted { id, fingerprint, duplicate: true, count });
        }
        if is_known && !group.known {
            group.known = true;
            connection.prepare_cached("UPDATE groups SET known = 1 WHERE id = ?1")?.execute([group.id])?;
        }
        keep_sample(connection, group, record, client, is_full)?;
        let delta = self.deltas.entry(group.id).or_insert_with(|| Delta {
            count: 0,
            known_count: 0,
            clients: 0,
            known_clients: 0,
            last_seen: record.received_at(),
            releases: HashMap::new(),
        });
        let report = record.report();
        let count = report.count.unwrap_or(1);
        delta.count += count;
        delta.known_count += if is_known { count } else { 0 };
        group.count += count;
        delta.last_seen = delta.last_seen.max(record.received_at());
        if let Some(release) = report.release.as_deref().map(|release| start(release, MAX_NAME_BYTES))
            && (group.releases.contains(release)
                || (group.releases.len() < MAX_RELEASES && group.releases.insert(release.to_owned())))
        {
            *delta.releases.entry(release.to_owned()).or_default() += count;
        }
        if group.stored_clients + group.clients.len() < MAX_CLIENTS && group.clients.insert(client) {
            // The client may be in the file already, because the cache holds only those seen since the group was
            // loaded.
            let added = connection
                .prepare_cached("INSERT OR IGNORE INTO clients (group_id, client, known) VALUES (?1, ?2, ?3)")?
                .execute(params![group.id, client.0, is_known])? as u64;
            delta.clients += added;
            delta.known_clients += if is_known { added } else { 0 };
        }
        Ok(Accepted { id, fingerprint: record.fingerprint(), duplicate: false, count: group.count })
    }

    /// Writes the totals counted since the last call.
    pub(super) fn write(&mut self, connection: &Connection, cache: &mut Cache) -> Result<()> {
        for (group, delta) in self.deltas.drain() {
            connection
                .prepare_cached(
                    "UPDATE groups SET count = count + ?2, known_count = known_count + ?3, clients = clients + ?4,
                         known_clients = known_clients + ?5, last_seen = max(last_seen, ?6) WHERE id = ?1",
                )?
                .execute(params![
                    group,
                    delta.count,
                    delta.known_count,
                    delta.clients,
                    delta.known_clients,
                    delta.last_seen.0
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
        if cache.aliases.len() > MAX_CACHED_GROUPS {
            cache.clear_groups();
        }
        Ok(())
    }
}

/// Keeps a record as a sample if there is space, or if it is the first of a known sender. The first sample of a known
/// sender replaces a shown one of a stranger, so that a stranger who reports first does not choose the text.
fn keep_sample(
    connection: &Connection,
    group: &mut CachedGroup,
    record: &Fingerprinted,
    client: ClientHash,
    is_full: bool,
) -> Result<()> {
    let is_known = record.arrival().sender.is_known();
    let rank = Rank::of(record);
    let is_first_known = is_known && !group.known_sample;
    // A stranger's report, or another one of a known sender, does not change the text of an issue, because that would
    // revoke an approval.
    let is_better =
        rank > group.shown && ((rank.is_known() && !group.shown.is_known()) || !has_issue(connection, group.id)?);
    let is_shown = group.samples == 0 || group.is_empty || is_better;
    let is_needed = is_shown || is_first_known;
    if !is_needed && (is_full || group.samples >= MAX_SAMPLES || group.sample_bytes >= MAX_SAMPLES_BYTES) {
        return Ok(());
    }
    let json = sample::json(record)?;
    while group.samples > 0 && (group.samples >= MAX_SAMPLES || group.sample_bytes + json.len() > MAX_SAMPLES_BYTES) {
        if !is_needed {
            return Ok(());
        }
        let Some(bytes) = sample::make_space(connection, group.id)? else { break };
        group.samples -= 1;
        group.sample_bytes = group.sample_bytes.saturating_sub(bytes);
    }
    let id = sample::insert(connection, group.id, record, &json, client)?;
    group.sample_bytes += json.len();
    group.samples += 1;
    group.known_sample |= is_known;
    if is_shown {
        sample::show(connection, group.id, id, record)?;
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

fn project_id(connection: &Connection, cache: &mut Cache, name: &str) -> Result<i64> {
    if let Some(id) = cache.projects.get(name) {
        return Ok(*id);
    }
    connection.prepare_cached("INSERT OR IGNORE INTO projects (name) VALUES (?1)")?.execute([name])?;
    let id =
        connection.prepare_cached("SELECT id FROM projects WHERE name = ?1")?.query_row([name], |row| row.get(0))?;
    cache.projects.insert(name.to_owned(), id);
    Ok(id)
}

/// Inserts a report id; returns false if it was there already.
fn insert_id(connection: &Connection, project: i64, id: Uuid, group: i64, record: &Fingerprinted) -> Result<bool> {
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

/// Returns the group of a record from the cache. Loads it if it is not cached, and creates it if it does not exist.
fn cached_group<'a>(
    connection: &Connection,
    cache: &'a mut Cache,
    project: i64,
    record: &Fingerprinted,
    client: ClientHash,
) -> Result<&'a mut CachedGroup> {
    let id = match cache.aliases.entry((project, record.fingerprint())) {
        Entry::Occupied(id) => *id.get(),
        Entry::Vacant(vacant) => {
            let id = match find_group(connection, project, record)? {
                Some(id) => id,
                None => insert_group(connection, project, record, client)?,
            };
            *vacant.insert(id)
        }
    };
    let vacant = match cache.groups.entry(id) {
        Entry::Occupied(group) => return Ok(group.into_mut()),
        Entry::Vacant(vacant) => vacant,
    };
    let group = connection
        .prepare_cached(
            "SELECT clients, count, known, sample_chosen, (SELECT known FROM samples WHERE id = shown_sample) IS 1,
                 source LIKE 'mcp_%',
                 error_type = ?2 AND (SELECT seen_at = 0 AND record = ?3 FROM samples WHERE id = shown_sample) IS 1
             FROM groups WHERE id = ?1",
        )?
        .query_row(params![id, erase::ERASED, erase::placeholder()], |row| {
            let is_chosen: bool = or_default(row, 3)?;
            Ok(CachedGroup {
                id,
                stored_clients: or_default(row, 0)?,
                count: or_default(row, 1)?,
                known: or_default(row, 2)?,
                shown: if is_chosen { Rank::Chosen } else { Rank::new(or_default(row, 4)?, or_default(row, 5)?) },
                is_empty: or_default(row, 6)?,
                samples: 0,
                sample_bytes: 0,
                known_sample: false,
                clients: HashSet::new(),
                releases: HashSet::new(),
            })
        })?;
    let (samples, known_sample, sample_bytes) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(max(known), 0), coalesce(sum(octet_length(record)), 0) FROM samples
             WHERE group_id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, or_default(row, 1)?, or_default(row, 2)?)))?;
    let releases = connection
        .prepare_cached("SELECT release FROM releases WHERE group_id = ?1")?
        .query_map([id], |row| or_default(row, 0))?
        .collect::<Result<_>>()?;
    Ok(vacant.insert(CachedGroup { samples, sample_bytes, known_sample, releases, ..group }))
}

/// Finds a record's group by its fingerprint, or by the one of the previous version, which then gets the new one as an
/// alias. If the previous version separated what is now one group, the older group has the alias, because its issue is
/// the one that people know.
fn find_group(connection: &Connection, project: i64, record: &Fingerprinted) -> Result<Option<i64>> {
    let (current, previous) = find_aliases(connection, project, record)?;
    let Some(oldest) = current.into_iter().chain(previous).min() else { return Ok(None) };
    if current != Some(oldest) {
        connection
            .prepare_cached(
                "INSERT INTO fingerprints (project_id, fingerprint, group_id) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET group_id = excluded.group_id",
            )?
            .execute(params![project, record.fingerprint().0, oldest])?;
    }
    Ok(Some(oldest))
}

/// Returns the groups of a record's fingerprint and of its previous one.
fn find_aliases(connection: &Connection, project: i64, record: &Fingerprinted) -> Result<(Option<i64>, Option<i64>)> {
    let find = |fingerprint| find_alias(connection, project, fingerprint);
    Ok((find(record.fingerprint())?, find(record.previous_fingerprint())?))
}

fn find_alias(connection: &Connection, project: i64, fingerprint: Fingerprint) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT group_id FROM fingerprints WHERE project_id = ?1 AND fingerprint = ?2")?
        .query_row(params![project, fingerprint.0], |row| row.get(0))
        .optional()
}

fn insert_group(connection: &Connection, project: i64, record: &Fingerprinted, creator: ClientHash) -> Result<i64> {
    let report = record.report();
    let (error_type, error_message) = headline(report);
    connection
        .prepare_cached(
            "INSERT INTO groups (id, project_id, fingerprint, error_type, error_message, source, class, severity,
                                 first_seen, last_seen, known, creator, listed_at)
             VALUES (1 + max(coalesce((SELECT max(id) FROM groups), 0),
                             (SELECT value FROM meta WHERE name = 'last_deleted_group')),
                     ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            project,
            record.fingerprint().0,
            error_type,
            sample::message_start(&error_message),
            record.source().name(),
            report.class.as_deref().map(|class| start(class, MAX_NAME_BYTES)),
            record.severity().name(),
            record.received_at().0,
            record.arrival().sender.is_known(),
            creator.0,
            record.received_at().0.div_euclid(1000),
        ])?;
    let id = GroupId(connection.last_insert_rowid());
    connection
        .prepare_cached("INSERT INTO fingerprints (project_id, fingerprint, group_id) VALUES (?1, ?2, ?3)")?
        .execute(params![project, record.fingerprint().0, id.0])?;
    Ok(id.0)
}

/// The longest start of a text with at most this many bytes.
pub(super) fn start(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
