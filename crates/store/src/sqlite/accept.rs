//! Counting records into groups: one statement per group and commit, however many reports came.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Result, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Accepted, GroupId, Sample};
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};
use autoheal_prepare::validate::Identity;

/// How many samples a group keeps: the first, and a few to compare it with.
const SAMPLES: usize = 10;
/// How many distinct clients are told apart per group; beyond that the number stands still.
const CLIENTS: usize = 1_000;
/// How many releases are told apart per group; a release is any sender's word, and must not cost a row each.
const RELEASES: usize = 50;
/// How many groups are remembered between commits.
const GROUPS: usize = 2_000;

/// What the writer knows of groups without asking the file. It is the only writer, so it stays true.
#[derive(Default)]
pub(super) struct Cache {
    projects: HashMap<String, i64>,
    groups: HashMap<(i64, Fingerprint), Known>,
}

struct Known {
    id: i64,
    /// Its occurrences, those of the open batch included.
    count: u64,
    samples: usize,
    /// How many clients the file knew when the group was looked up.
    stored_clients: usize,
    clients: HashSet<u64>,
    /// Its releases. Asking the file whether there is room for one more costs a temporary table a report.
    releases: HashSet<String>,
}

impl Cache {
    /// After a failed commit nothing is known any more.
    pub(super) fn forget(&mut self) {
        self.projects.clear();
        self.groups.clear();
    }
}

/// What the reports of one transaction add to each group.
#[derive(Default)]
pub(super) struct Batch {
    deltas: HashMap<i64, Delta>,
}

struct Delta {
    count: u64,
    clients: u64,
    last_seen: Timestamp,
    releases: HashMap<String, u64>,
}

impl Batch {
    /// Counts records; ids seen before are told apart. Group totals are written by [`Batch::write`].
    pub(super) fn count(
        &mut self,
        connection: &Connection,
        cache: &mut Cache,
        records: Vec<Fingerprinted>,
    ) -> Result<Vec<Accepted>> {
        records.into_iter().map(|record| self.count_one(connection, cache, &record)).collect()
    }

    fn count_one(&mut self, connection: &Connection, cache: &mut Cache, record: &Fingerprinted) -> Result<Accepted> {
        let project = project_id(connection, cache, &record.arrival().project)?;
        let id = record.identity().uuid();
        // A group that is not known yet may have to be made, and a duplicate must not make one.
        let key = (project, record.fingerprint());
        if matches!(record.identity(), Identity::Given(_))
            && !cache.groups.contains_key(&key)
            && let Some((fingerprint, count)) = seen_before(connection, project, id)?
        {
            return Ok(Accepted { id, fingerprint, duplicate: true, count });
        }
        let known = known_group(connection, cache, project, record)?;
        if matches!(record.identity(), Identity::Given(_)) && !remember(connection, project, id, known.id, record)? {
            let elsewhere = seen_before(connection, project, id)?.filter(|(seen, _)| *seen != record.fingerprint());
            let (fingerprint, count) = elsewhere.unwrap_or((record.fingerprint(), known.count));
            return Ok(Accepted { id, fingerprint, duplicate: true, count });
        }
        if known.samples < SAMPLES {
            known.samples += 1;
            keep_sample(connection, known.id, record)?;
        }
        let delta = self.deltas.entry(known.id).or_insert_with(|| Delta {
            count: 0,
            clients: 0,
            last_seen: record.received_at(),
            releases: HashMap::new(),
        });
        let report = record.report();
        let count = report.count.unwrap_or(1);
        delta.count += count;
        known.count += count;
        delta.last_seen = delta.last_seen.max(record.received_at());
        if let Some(release) = &report.release
            && (known.releases.contains(release)
                || (known.releases.len() < RELEASES && known.releases.insert(release.clone())))
        {
            *delta.releases.entry(release.clone()).or_default() += count;
        }
        if let Some(client) = &report.client
            && known.stored_clients + known.clients.len() < CLIENTS
            && known.clients.insert(hash(client))
        {
            // A forgotten cache has forgotten the clients too; the table knows them.
            delta.clients += connection
                .prepare_cached("INSERT OR IGNORE INTO clients (group_id, client) VALUES (?1, ?2)")?
                .execute(params![known.id, hash(client).to_le_bytes()])? as u64;
        }
        Ok(Accepted { id, fingerprint: record.fingerprint(), duplicate: false, count: known.count })
    }

    /// Writes what was counted since the last call.
    pub(super) fn write(&mut self, connection: &Connection, cache: &mut Cache) -> Result<()> {
        for (group, delta) in self.deltas.drain() {
            // A group without an issue is looked at now. One with an issue only has its counts brought up to date,
            // which the worker has its own interval for: it is due at once, and the worker says "not yet".
            connection
                .prepare_cached(
                    "UPDATE groups SET count = count + ?2, clients = clients + ?3, last_seen = max(last_seen, ?4)
                     WHERE id = ?1",
                )?
                .execute(params![group, delta.count, delta.clients, delta.last_seen.0])?;
            // Apart from the counts, because naming an indexed column rewrites its index even where nothing changes.
            connection
                .prepare_cached(
                    "UPDATE groups SET act_at = ?2 WHERE id = ?1 AND act_at IS NULL AND status <> 'refused'",
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
        if cache.groups.len() > GROUPS {
            cache.groups.clear();
        }
        Ok(())
    }
}

/// Stands for a client in the file: stable between versions, which the standard library's hasher is not.
fn hash(client: &str) -> u64 {
    let digest = Sha256::digest(client);
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
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

/// Remembers an id; false when it was there already.
fn remember(connection: &Connection, project: i64, id: Uuid, group: i64, record: &Fingerprinted) -> Result<bool> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO report_ids (project_id, id, group_id, seen_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![project, id.as_bytes(), group, record.received_at().0])
        .map(|rows| rows > 0)
}

/// The fingerprint of the group this id was counted in, and the group's count without the open batch.
fn seen_before(connection: &Connection, project: i64, id: Uuid) -> Result<Option<(Fingerprint, u64)>> {
    connection
        .prepare_cached(
            "SELECT groups.fingerprint, groups.count FROM report_ids JOIN groups ON groups.id = group_id
             WHERE report_ids.project_id = ?1 AND report_ids.id = ?2",
        )?
        .query_row(params![project, id.as_bytes()], |row| Ok((Fingerprint(row.get(0)?), row.get(1)?)))
        .optional()
}

fn known_group<'a>(
    connection: &Connection,
    cache: &'a mut Cache,
    project: i64,
    record: &Fingerprinted,
) -> Result<&'a mut Known> {
    let absent = match cache.groups.entry((project, record.fingerprint())) {
        Entry::Occupied(known) => return Ok(known.into_mut()),
        Entry::Vacant(absent) => absent,
    };
    let id = match find_group(connection, project, record.fingerprint())? {
        Some(id) => id,
        None => make_group(connection, project, record)?,
    };
    let (samples, stored_clients, count) = connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM samples WHERE group_id = ?1), clients, count FROM groups WHERE id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let releases = connection
        .prepare_cached("SELECT release FROM releases WHERE group_id = ?1")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_>>()?;
    Ok(absent.insert(Known { id, count, samples, stored_clients, clients: HashSet::new(), releases }))
}

fn find_group(connection: &Connection, project: i64, fingerprint: Fingerprint) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT group_id FROM fingerprints WHERE project_id = ?1 AND fingerprint = ?2")?
        .query_row(params![project, fingerprint.0], |row| row.get(0))
        .optional()
}

fn make_group(connection: &Connection, project: i64, record: &Fingerprinted) -> Result<i64> {
    let report = record.report();
    connection
        .prepare_cached(
            "INSERT INTO groups (project_id, fingerprint, error_type, error_message, source, class, severity, first_seen,
                                 last_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        )?
        .execute(params![
            project,
            record.fingerprint().0,
            report.error_type,
            report.error_message,
            record.source().name(),
            report.class,
            record.severity().name(),
            record.received_at().0,
        ])?;
    let id = GroupId(connection.last_insert_rowid());
    connection
        .prepare_cached("INSERT INTO fingerprints (project_id, fingerprint, group_id) VALUES (?1, ?2, ?3)")?
        .execute(params![project, record.fingerprint().0, id.0])?;
    Ok(id.0)
}

fn keep_sample(connection: &Connection, group: i64, record: &Fingerprinted) -> Result<()> {
    let json = serde_json::to_string(&Sample::of(record))
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    connection
        .prepare_cached("INSERT INTO samples (group_id, seen_at, record) VALUES (?1, ?2, ?3)")?
        .execute(params![group, record.received_at().0, json])?;
    Ok(())
}
