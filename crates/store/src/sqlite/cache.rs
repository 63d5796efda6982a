//! `Cache`: the projects and groups that reports are counted into, so that a hot group is not read for each report.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::accept::{MAX_NAME_BYTES, start};
use super::rank::Rank;
use super::read::or_default;
use super::unreadable::Unreadable;
use super::upkeep::Need;
use super::{erase, sample};
use crate::{ClientHash, GroupId, RaiseRules, Record};
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};
use autoheal_prepare::headline;

/// Maximum number of groups that stay in the cache between commits.
const MAX_CACHED_GROUPS: usize = 2_000;

/// Maximum id of a group.
pub(super) const MAX_GROUP_ID: i64 = 1 << 62;

/// Projects and groups as the file holds them. The copy stays correct, because nothing else writes to the file but jobs
/// after which the cache is emptied.
pub(super) struct Cache {
    /// Part of every client's hash.
    pub(super) salt: Vec<u8>,
    unreadable: Arc<Unreadable>,
    /// Number that changes when another program writes to the file.
    version: Option<i64>,
    projects: HashMap<String, i64>,
    /// Ids of groups by their projects and fingerprints. A group has several of them.
    pub(super) aliases: HashMap<(i64, Fingerprint), i64>,
    groups: HashMap<i64, CachedGroup>,
    /// Releases by their projects that known senders reported.
    pub(super) known_releases: HashSet<(i64, String)>,
    /// The rules by which counts raise a severity.
    pub(super) raise: RaiseRules,
}

pub(super) struct CachedGroup {
    pub(super) id: i64,
    /// Number of occurrences, including those of the open batch.
    pub(super) count: u64,
    /// Number of samples in the file.
    pub(super) samples: usize,
    /// Size of the samples in the file, in bytes.
    pub(super) sample_bytes: usize,
    /// True if a sample that was not needed did not fit beside the others, so that no more are tried.
    pub(super) has_no_space: bool,
    /// Number of clients in the file when the group was loaded.
    pub(super) stored_clients: usize,
    /// Hashes of the clients seen since the group was loaded.
    pub(super) clients: HashSet<ClientHash>,
    /// True if a known sender reported it.
    pub(super) known: bool,
    /// True if a known sender's report is among the samples.
    pub(super) known_sample: bool,
    /// Rank of the shown sample. A report of a higher rank replaces it.
    pub(super) shown: Rank,
    /// True if the group was emptied on request, and holds no report yet.
    pub(super) is_empty: bool,
    /// Names of the releases. Counting them in the file instead would cost a temporary table for each report.
    pub(super) releases: HashSet<String>,
}

impl Cache {
    pub(super) fn new(salt: Vec<u8>, unreadable: Arc<Unreadable>, raise: RaiseRules) -> Self {
        Self {
            salt,
            unreadable,
            version: None,
            projects: HashMap::new(),
            aliases: HashMap::new(),
            groups: HashMap::new(),
            known_releases: HashSet::new(),
            raise,
        }
    }

    /// Empties the cache. Needed after a failed commit, because the file then lacks what the cache holds.
    pub(super) fn clear(&mut self) {
        self.projects.clear();
        self.aliases.clear();
        self.groups.clear();
        self.known_releases.clear();
    }

    /// Empties the cache if another program wrote to the file. To be called in a transaction.
    pub(super) fn notice_other_programs(&mut self, connection: &Connection) -> Result<()> {
        let version = connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.version.replace(version) != Some(version) {
            self.clear();
        }
        Ok(())
    }

    /// Forgets groups that changed in the file.
    pub(super) fn forget(&mut self, groups: &[i64]) {
        self.aliases.retain(|_, group| !groups.contains(group));
        self.groups.retain(|group, _| !groups.contains(group));
    }

    /// Forgets the groups if there are too many.
    pub(super) fn limit(&mut self) {
        if self.aliases.len() > MAX_CACHED_GROUPS {
            self.aliases.clear();
            self.groups.clear();
        }
        if self.known_releases.len() > MAX_CACHED_GROUPS {
            self.known_releases.clear();
        }
    }

    /// Estimates the space that records need. Their ids are not looked at, so a repeated report of a group that does not
    /// exist any more counts as one of a new group.
    pub(super) fn need(&mut self, connection: &Connection, records: &[Record], keeps_samples: bool) -> Result<Need> {
        let mut need = Need::default();
        for record in records {
            let is_known = record.arrival().sender.is_known();
            let Record::Prepared(record) = record else {
                need.add(false, is_known, None, record.call_end().is_some());
                continue;
            };
            let project = project_id(connection, self, &record.arrival().project)?;
            let is_new = !self.aliases.contains_key(&(project, record.fingerprint()))
                && find_aliases(connection, project, record)? == (None, None);
            let sample = is_new || is_known || keeps_samples;
            let sample = sample.then(|| sample::json(record)).transpose()?;
            need.add(is_new, is_known, sample.map(|json| json.len()), record.report().rpc.is_some());
        }
        Ok(need)
    }
}

pub(super) fn project_id(connection: &Connection, cache: &mut Cache, name: &str) -> Result<i64> {
    if let Some(id) = cache.projects.get(name) {
        return Ok(*id);
    }
    connection.prepare_cached("INSERT OR IGNORE INTO projects (name) VALUES (?1)")?.execute([name])?;
    let id =
        connection.prepare_cached("SELECT id FROM projects WHERE name = ?1")?.query_row([name], |row| row.get(0))?;
    cache.projects.insert(name.to_owned(), id);
    Ok(id)
}

/// Returns the id of a record's group. Creates the group if it does not exist.
pub(super) fn group_of(
    connection: &Connection,
    cache: &mut Cache,
    project: i64,
    record: &Fingerprinted,
    client: ClientHash,
) -> Result<i64> {
    match cache.aliases.entry((project, record.fingerprint())) {
        Entry::Occupied(id) => Ok(*id.get()),
        Entry::Vacant(vacant) => {
            let id = match find_group(connection, project, record)? {
                Some(id) => id,
                None => {
                    if let Some(missing) = missing_group(connection, project, record.fingerprint())? {
                        let what = "the row of the group is missing; its failure gets a new one";
                        cache.unreadable.add("groups", missing, &what);
                    }
                    insert_group(connection, project, record, client)?
                }
            };
            Ok(*vacant.insert(id))
        }
    }
}

/// Returns the id of the group with a fingerprint; none if there is no such group.
pub(super) fn known_group(
    connection: &Connection,
    cache: &mut Cache,
    project: i64,
    fingerprint: Fingerprint,
) -> Result<Option<i64>> {
    match cache.aliases.entry((project, fingerprint)) {
        Entry::Occupied(id) => Ok(Some(*id.get())),
        Entry::Vacant(vacant) => Ok(find_alias(connection, project, fingerprint)?.map(|id| *vacant.insert(id))),
    }
}

/// Returns a group from the cache. Loads it if it is not cached.
pub(super) fn cached_group<'a>(connection: &Connection, cache: &'a mut Cache, id: i64) -> Result<&'a mut CachedGroup> {
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
                has_no_space: false,
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
pub(super) fn find_group(connection: &Connection, project: i64, record: &Fingerprinted) -> Result<Option<i64>> {
    let (current, previous) = find_aliases(connection, project, record)?;
    let Some(oldest) = current.into_iter().chain(previous).min() else { return Ok(None) };
    if current != Some(oldest) {
        add_alias(connection, project, record.fingerprint(), oldest)?;
    }
    Ok(Some(oldest))
}

/// Leads a fingerprint to a group.
pub(super) fn add_alias(connection: &Connection, project: i64, fingerprint: Fingerprint, group: i64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO fingerprints (project_id, fingerprint, group_id) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET group_id = excluded.group_id",
        )?
        .execute(params![project, fingerprint.0, group])
        .map(drop)
}

/// Returns the groups of a record's fingerprint and of its previous one.
fn find_aliases(connection: &Connection, project: i64, record: &Fingerprinted) -> Result<(Option<i64>, Option<i64>)> {
    let find = |fingerprint| find_alias(connection, project, fingerprint);
    let previous = match find(record.previous_fingerprint())? {
        // the group that was opened before the source maps arrived
        None => record.generated_fingerprint().map(find).transpose()?.flatten().or(find_former(record, find)?),
        found => found,
    };
    Ok((find(record.fingerprint())?, previous))
}

/// Returns the group of the first of a record's former fingerprints that has one.
fn find_former(record: &Fingerprinted, find: impl Fn(Fingerprint) -> Result<Option<i64>>) -> Result<Option<i64>> {
    for fingerprint in record.former_fingerprints() {
        if let Some(group) = find(fingerprint)? {
            return Ok(Some(group));
        }
    }
    Ok(None)
}

fn find_alias(connection: &Connection, project: i64, fingerprint: Fingerprint) -> Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT group_id FROM fingerprints JOIN groups ON groups.id = group_id
             WHERE fingerprints.project_id = ?1 AND fingerprints.fingerprint = ?2",
        )?
        .query_row(params![project, fingerprint.0], |row| row.get(0))
        .optional()
}

/// The group of an alias that does not exist, because its row was deleted or has another id.
fn missing_group(connection: &Connection, project: i64, fingerprint: Fingerprint) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT group_id FROM fingerprints WHERE project_id = ?1 AND fingerprint = ?2")?
        .query_row(params![project, fingerprint.0], |row| or_default(row, 0))
        .optional()
}

/// An id that no group has or had. Ids beyond the limit are none of ours, and do not stop new groups.
pub(super) fn new_id(connection: &Connection) -> Result<i64> {
    connection
        .prepare_cached(
            "SELECT 1 + max(coalesce((SELECT max(id) FROM groups WHERE id < ?1), 0),
                            coalesce((SELECT max(group_id) FROM fingerprints WHERE group_id < ?1), 0),
                            coalesce((SELECT value FROM meta WHERE name = 'last_deleted_group'
                                      AND typeof(value) = 'integer' AND value < ?1), 0))",
        )?
        .query_row([MAX_GROUP_ID], |row| row.get(0))
}

fn insert_group(connection: &Connection, project: i64, record: &Fingerprinted, creator: ClientHash) -> Result<i64> {
    let report = record.report();
    let (error_type, error_message) = headline(report);
    connection
        .prepare_cached(
            "INSERT INTO groups (id, project_id, fingerprint, error_type, error_message, source, class, severity,
                                 first_seen, last_seen, known, creator, listed_at)
             VALUES (?12, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)",
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
            new_id(connection)?,
        ])?;
    let id = GroupId(connection.last_insert_rowid());
    add_alias(connection, project, record.fingerprint(), id.0)?;
    Ok(id.0)
}
