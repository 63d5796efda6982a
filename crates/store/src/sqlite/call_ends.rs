//! Both ends of one call: counts the page's report into the group of the server's, whichever arrives first.
//!
//! The server's end may have two reporters: the gateway in front of a server, and the server itself, whose sender is known.
//!
//! Only this one report changes its group. No fingerprint leads anywhere else, because a caller chooses trace and id of its
//! own calls, and could otherwise choose the group of other failures to come. An end is found by keys that others cannot
//! guess ([`CallEnd`]), and each end is paired once.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::cache::{add_alias, find_group};
use super::regroup;
use crate::Record;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::validate::{Arrival, Client};
use autoheal_prepare::{CallEnd, CallKey, Timestamp};

/// Number of rows that stay when the oldest are deleted. A report may be made at most a day after the one of the other end.
const MAX_ROWS: i64 = 20_000;
/// Number of further rows before the oldest are deleted, because deleting after each one would cost a statement per report.
const MORE_ROWS: i64 = 64;
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);
/// Number of rows that are deleted at once.
const CHUNK: usize = 200;

/// Reporters of a call, as bits. Of each of the others, a report of the same call is counted with it once.
const PAGE: i64 = 1;
/// The gateway, or anyone who claims to be a server.
const GATEWAY: i64 = 2;
const KNOWN_SERVER: i64 = 4;

/// A report of the other end of a call, or of another reporter at the server's end.
#[derive(Debug, Clone, Copy)]
pub(super) struct OtherEnd {
    row: i64,
    /// True if it is of the server's end.
    is_server: bool,
    /// The reporters whose reports met it.
    met: i64,
    /// The group that counted it.
    pub(super) group: i64,
    /// True if it was the first report of that group.
    opened: bool,
    /// Occurrences that it counted.
    count: u64,
    /// True if its sender is known.
    pub(super) known: bool,
    /// True if a rule recognised it as noise.
    pub(super) noise: bool,
    /// True if no stranger made the report up.
    genuine: bool,
}

/// What becomes of a record's group and that of the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// They stay apart.
    Apart,
    /// They are one group already.
    One,
    /// The group of the page's report becomes a part of the server's.
    Join { page: i64, server: i64 },
    /// The group of the page's report becomes that of the server's failure, which is new.
    TakeOver(i64),
    /// This record counts into that group, but not later ones with its fingerprint.
    OnlyThis(i64),
}

fn reporter(is_server: bool, is_known: bool) -> i64 {
    match (is_server, is_known) {
        (false, _) => PAGE,
        (true, false) => GATEWAY,
        (true, true) => KNOWN_SERVER,
    }
}

/// Returns the report of another reporter, unless it met a report of this one already.
pub(super) fn find(connection: &Connection, project: i64, end: &CallEnd, record: &Record) -> Result<Option<OtherEnd>> {
    let (is_known, now) = (record.arrival().sender.is_known(), record.received_at());
    let own = reporter(end.is_server, is_known);
    let by = |column: &str, key: Option<CallKey>| {
        let Some(key) = key else { return Ok(None) };
        let sql = format!(
            "SELECT call_ends.id, group_id, opened, genuine, call_ends.count, call_ends.known, call_ends.noise,
                    is_server, paired
             FROM call_ends JOIN groups ON groups.id = group_id
             WHERE {column} = ?1 AND call_ends.project_id = ?2 AND seen_at >= ?3 AND paired & ?6 = 0
               AND (is_server <> ?4 OR is_server AND call_ends.known <> ?5)
             ORDER BY call_ends.id LIMIT 1"
        );
        connection
            .prepare_cached(&sql)?
            .query_row(params![key, project, now.minus(MAX_AGE).0, end.is_server, is_known, own], |row| {
                Ok(OtherEnd {
                    row: row.get(0)?,
                    group: row.get(1)?,
                    opened: row.get(2)?,
                    genuine: row.get(3)?,
                    count: row.get(4)?,
                    known: row.get(5)?,
                    noise: row.get(6)?,
                    is_server: row.get(7)?,
                    met: row.get(8)?,
                })
            })
            .optional()
    };
    match by("by_trace", end.by_trace)? {
        None => by("by_id", end.by_id),
        found => Ok(found),
    }
}

/// Adds the end of a record, and now and then deletes the oldest ones over the maximum. `opened` is true for the first
/// record of its group.
pub(super) fn add(
    connection: &Connection,
    project: i64,
    end: &CallEnd,
    record: &Record,
    group: i64,
    opened: bool,
) -> Result<()> {
    let genuine = is_genuine(record.arrival());
    connection
        .prepare_cached(
            "INSERT INTO call_ends (project_id, is_server, by_trace, by_id, group_id, opened, genuine, seen_at, count, known,
                                    noise)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            project,
            end.is_server,
            end.by_trace,
            end.by_id,
            group,
            opened,
            genuine,
            record.received_at().0,
            record.count(),
            record.arrival().sender.is_known(),
            record.noise().is_some()
        ])?;
    let id = connection.last_insert_rowid();
    if id % MORE_ROWS == 0 {
        connection.prepare_cached("DELETE FROM call_ends WHERE id <= ?1")?.execute([id - MAX_ROWS])?;
    }
    Ok(())
}

/// Finds out whether the group of a record and that of the other end can be one without hiding anything: of the two,
/// only that of the page or the gateway may change its group, and only if it holds this one call. The counts so far must be
/// in the file.
pub(super) fn meet(connection: &Connection, project: i64, record: &Fingerprinted, other: OtherEnd) -> Result<Meeting> {
    let meeting = decide(connection, project, record, other)?;
    let group = match meeting {
        Meeting::Join { server, .. } => server,
        _ => other.group,
    };
    let own = reporter(record.source().is_mcp(), record.arrival().sender.is_known());
    // noise that a report without it met is none for the next one either
    connection
        .prepare_cached("UPDATE call_ends SET paired = paired | ?2, group_id = ?3, noise = noise AND ?4 WHERE id = ?1")?
        .execute(params![other.row, own, group, record.noise().is_some()])?;
    Ok(meeting)
}

fn decide(connection: &Connection, project: i64, record: &Fingerprinted, other: OtherEnd) -> Result<Meeting> {
    let own = find_group(connection, project, record)?;
    if own == Some(other.group) {
        return Ok(Meeting::One);
    }
    let is_known = record.arrival().sender.is_known();
    if !record.source().is_mcp() {
        // a known sender's report does not come below a stranger's
        return Ok(if is_known && !other.genuine { Meeting::Apart } else { Meeting::OnlyThis(other.group) });
    }
    let met_known_server = other.is_server && other.known || other.met & KNOWN_SERVER != 0;
    if met_known_server && !is_known {
        return Ok(Meeting::OnlyThis(other.group));
    }
    if !other.opened || !may_join(connection, other, is_known)? {
        return Ok(Meeting::Apart);
    }
    Ok(match own {
        Some(own) => Meeting::Join { page: other.group, server: own },
        None => Meeting::TakeOver(other.group),
    })
}

/// True if no stranger made the report up: its sender is known, or is a program of autoheal on this machine, whose report
/// may be about a stranger's call.
fn is_genuine(arrival: &Arrival) -> bool {
    arrival.sender.is_known() || arrival.client == Client::Own
}

/// Makes the group of the page's report a part of the server's, with the page's sample.
pub(super) fn join(connection: &Connection, page: i64, server: i64) -> Result<()> {
    regroup::move_sample(connection, page, server)?;
    regroup::join(connection, page, server, false)
}

/// Gives the group of a page's report the fingerprint of the server's in place of its own.
pub(super) fn take_over(connection: &Connection, project: i64, record: &Fingerprinted, group: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM fingerprints WHERE group_id = ?1")?.execute([group])?;
    connection
        .prepare_cached("UPDATE groups SET fingerprint = ?2 WHERE id = ?1")?
        .execute(params![group, record.fingerprint().0])?;
    add_alias(connection, project, record.fingerprint(), group)
}

/// True if the group of a page's report holds nothing else: nothing on GitHub belongs to it, and no known sender's report
/// would come below a stranger's.
fn may_join(connection: &Connection, page: OtherEnd, server_is_known: bool) -> Result<bool> {
    connection
        .prepare_cached(&format!(
            "SELECT {} AND (?2 OR known = 0) AND count = ?3 FROM groups WHERE id = ?1",
            regroup::FREE
        ))?
        .query_row(params![page.group, server_is_known, page.count], |row| row.get(0))
}

/// Deletes rows that are too old, a few at a time. Returns true if none is left.
pub(super) fn prune(connection: &Connection, oldest: Timestamp) -> Result<bool> {
    let deleted = connection
        .prepare_cached(
            "DELETE FROM call_ends WHERE id IN (SELECT id FROM call_ends ORDER BY id LIMIT ?1) AND seen_at < ?2",
        )?
        .execute(params![CHUNK, oldest.0])?;
    Ok(deleted < CHUNK)
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;
    use autoheal_contract::limits::DEFAULT_PROJECT;
    use autoheal_prepare::validate::Sender;
    use autoheal_prepare::{ScrubLevel, prepare};
    use serde_json::value::RawValue;

    const NOW: i64 = 1_800_000_000_000;

    fn record(at: i64) -> Record {
        let raw = RawValue::from_string(r#"{"error_type": "E", "error_message": "m"}"#.to_owned()).unwrap();
        let arrival = Arrival {
            project: DEFAULT_PROJECT.to_owned(),
            sender: Sender::Anonymous,
            client: Client::Own,
            received_at: Timestamp(at),
        };
        prepare(&raw, arrival, ScrubLevel::Standard).unwrap().into()
    }

    #[test]
    fn a_flood_of_calls_and_a_day_leave_a_bounded_number_of_rows() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let mut connection = open::connect(&path).unwrap();
        open::migrate(&mut connection, &path).unwrap();
        connection.execute_batch("INSERT INTO projects (name) VALUES ('default'); BEGIN").unwrap();
        let add_one = |number: i64, at: i64| {
            let mut key = CallKey::default();
            key[..8].copy_from_slice(&number.to_le_bytes());
            let end = CallEnd { is_server: number % 2 == 0, by_trace: Some(key), by_id: None };
            add(&connection, 1, &end, &record(at), 1, false).unwrap();
        };
        let rows = || -> i64 { connection.query_row("SELECT count(*) FROM call_ends", [], |row| row.get(0)).unwrap() };
        (0..MAX_ROWS + 500).for_each(|number| add_one(number, NOW));
        assert!((MAX_ROWS..MAX_ROWS + MORE_ROWS).contains(&rows()), "{}", rows());
        add_one(-1, NOW + 1);
        while !prune(&connection, Timestamp(NOW + 1)).unwrap() {}
        assert_eq!(rows(), 1);
    }
}
